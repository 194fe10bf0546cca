import type { Clock } from '../../model/clock.ts';
import type { ImageStatus, PodRuntime } from '../../runtime/pod-runtime.ts';
import type { AgentLog } from '../agent-deps.ts';
import {
  DEFAULT_IMAGE_GC,
  type DiskRoom,
  type ImageGcPolicy,
  imagesToRemove,
  type KnownImage,
} from './images-to-remove.ts';

/** The kubelet's. */
const EVERY_MS = 300_000;

export interface CollectImagesOptions {
  readonly runtime: PodRuntime;
  readonly clock: Clock;
  /** How full the disk is that images lie on. */
  readonly readRoom: () => Promise<DiskRoom>;
  readonly log: AgentLog;
  readonly policy?: ImageGcPolicy;
}

/** Removes images that nobody uses while the disk is too full, until the signal is aborted. What fails is tried again the next time. */
export async function collectImages(options: CollectImagesOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  const collector = new ImageCollector(options);
  while (!signal.aborted) {
    try {
      await collector.collect(signal);
    } catch (error) {
      if (signal.aborted) return;
      log({ level: 'warn', message: 'cannot collect images', error });
    }
    await clock.sleep(EVERY_MS, { signal }).catch(() => {});
  }
}

/** Remembers since when each image is here, and when it was last in use; a new agent begins anew. */
export class ImageCollector {
  readonly #options: CollectImagesOptions;
  #known = new Map<string, KnownImage>();

  constructor(options: CollectImagesOptions) {
    this.#options = options;
  }

  /** @throws PeapodError when the runtime cannot be asked */
  async collect(signal: AbortSignal): Promise<void> {
    const { runtime, clock, readRoom, log, policy = DEFAULT_IMAGE_GC } = this.#options;
    const images = await runtime.listImages({ signal });
    // After the images: a container of an image that came meanwhile needs none of those listed.
    const inUse = new Set((await runtime.listContainers({}, { signal })).map(({ image }) => image));
    const now = clock.now();
    this.#known = new Map(images.map((image) => [image.id, this.#seen(image, inUse.has(image.id), now)]));
    const { remove, wantedBytes } = imagesToRemove(
      [...this.#known.values()],
      inUse,
      await readRoom(),
      policy,
      now,
    );
    let freed = 0;
    for (const { id, sizeBytes } of remove) {
      signal.throwIfAborted();
      try {
        await runtime.removeImage(id, { signal });
        freed += sizeBytes;
      } catch (error) {
        log({ level: 'warn', message: `cannot remove image ${id}`, error });
      }
    }
    if (freed < wantedBytes) {
      const message = `Failed to garbage collect required amount of images. Attempted to free ${wantedBytes} bytes, but only found ${freed} bytes eligible to free.`;
      log({ level: 'warn', message });
    }
  }

  #seen({ id, sizeBytes, pinned }: ImageStatus, isUsed: boolean, now: number): KnownImage {
    const before = this.#known.get(id);
    return {
      id,
      sizeBytes,
      pinned,
      firstDetected: before?.firstDetected ?? now,
      lastUsed: isUsed ? now : (before?.lastUsed ?? 0),
    };
  }
}
