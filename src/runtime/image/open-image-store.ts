import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../model/clock.ts';
import { isPeapodError, PeapodError } from '../../model/errors.ts';
import { explainFailure } from '../explain-failure.ts';
import { lockFile } from '../linux/lock-file.ts';
import type { RuntimePaths } from '../paths.ts';
import type { ImageStatus } from '../pod-runtime.ts';
import { importRootfs } from './archive/import-rootfs.ts';
import { loadArchive } from './archive/load-archive.ts';
import type { ImageStore } from './image-store.ts';
import { hostPlatform, type Platform } from './platform.ts';
import { canonicalName, parseReference } from './reference.ts';
import type { PullSettings } from './registry/pull-image.ts';
import { removeImage } from './remove-image.ts';
import { collectGarbage, STORE_LOCK } from './store/collect-garbage.ts';
import { type ImageRecord, listImageRecords, writeName } from './store/image-records.ts';
import { demandLayers, layerFs } from './store/layers.ts';
import { StoreFiles } from './store/store-files.ts';
import { demandImage, findImage, statusesOf } from './store/stored-images.ts';
import { collectTemporaries } from './store/temporary-directory.ts';
import { errorCode } from './unpack/layer-directory.ts';
import { DEFAULT_SPACE_LIMITS, type SpaceLimits } from './unpack/space-guard.ts';
import { diskUsage } from './disk-usage.ts';

export interface ImageStoreOptions {
  /** The ids of images that containers use now; asked before an image is removed. */
  inUse?: () => Promise<ReadonlySet<string>>;
  clock?: Clock;
  /** Where proxies and the places of credential files are looked up; the process's own unless told. */
  env?: NodeJS.ProcessEnv;
  /** Instead of the usual files. */
  registriesConf?: string;
  authFiles?: readonly string[];
  certsDirectories?: readonly string[];
  platform?: Platform;
  limits?: Partial<SpaceLimits>;
  /** How many layers of an image are fetched at a time; 4 unless told. */
  parallelLayers?: number;
}

const DEFAULT_PARALLEL_LAYERS = 4;

/** Opens the store below `paths.images`, makes it when there is none, and collects what crashed processes left in it. */
export async function openImageStore(
  paths: Pick<RuntimePaths, 'images'>,
  options: ImageStoreOptions = {},
): Promise<ImageStore> {
  const files = new StoreFiles(paths.images);
  await files.make();
  await collectTemporaries(files);
  const settings = settingsFrom(options);
  const inUse = options.inUse ?? (async () => new Set<string>());

  const status = async (record: ImageRecord): Promise<ImageStatus> => {
    const [found] = await statusesOf(files, [record]);
    if (found === undefined) throw new Error('an image without status');
    return found;
  };

  /** Runs what adds to the store: nothing is collected meanwhile, and what it leaves when it fails is afterwards. */
  const adding = async <Result>(
    what: string,
    signal: AbortSignal | undefined,
    work: () => Promise<Result>,
  ): Promise<Result> => {
    try {
      await using _held = await lockFile(files.lock(STORE_LOCK), {
        shared: true,
        ...(signal === undefined ? {} : { signal }),
      });
      return await work();
    } catch (error) {
      // Whoever asks again when the registry is back finds the layers that came whole.
      if (!isPeapodError(error, 'RegistryUnavailable')) await collectGarbage(files).catch(() => false);
      throw explained(error, what);
    }
  };

  return {
    listImages: async () => statusesOf(files, await listImageRecords(files)),
    async imageStatus(reference) {
      const record = await findImage(files, reference);
      return record === undefined ? undefined : (await statusesOf(files, [record]))[0];
    },
    async pullImage(reference, call = {}) {
      const parsed = parseReference(reference);
      const what = `cannot pull image ${JSON.stringify(reference)}`;
      // Loaded when it is needed: the HTTP client takes a tenth of a second.
      const { pullImage } = await import('./registry/pull-image.ts');
      return adding(what, call.signal, async () => status(await pullImage(files, parsed, settings, call)));
    },
    async removeImage(reference, call = {}) {
      await explainFailure(`cannot remove image ${JSON.stringify(reference)}`, 'Unavailable', () =>
        removeImage(files, reference, { inUse, ...call }),
      );
    },
    async imageFsInfo() {
      return { mountpoint: files.root, ...(await diskUsage(files)) };
    },
    load(archive, call = {}) {
      return adding('cannot load the archive', call.signal, async () =>
        statusesOf(files, await loadArchive(files, archive, settings, call)),
      );
    },
    importRootfs(tar, call = {}) {
      return adding('cannot import the root file system', call.signal, async () =>
        status(await importRootfs(files, tar, settings, call)),
      );
    },
    async tag(source, target, call = {}) {
      const name = canonicalName(parseReference(target));
      if (name.includes('@'))
        throw new PeapodError('InvalidImageName', `a tag can't have a digest: ${target}`);
      return adding(`cannot tag image ${JSON.stringify(source)}`, call.signal, async () => {
        const record = await demandImage(files, source);
        await writeName(files, { name, id: record.id });
        return status(record);
      });
    },
    async rootfsLayers(imageId) {
      const { layers } = await demandImage(files, imageId);
      await demandLayers(files, layers);
      return layers.map((diffId) => layerFs(files, diffId)).toReversed();
    },
    async gc(call = {}) {
      await collectGarbage(files, call.signal);
    },
  };
}

function settingsFrom(options: ImageStoreOptions): PullSettings {
  const { registriesConf, authFiles, certsDirectories } = options;
  return {
    clock: options.clock ?? systemClock,
    env: options.env ?? process.env,
    platform: options.platform ?? hostPlatform(),
    limits: { ...DEFAULT_SPACE_LIMITS, ...options.limits },
    parallelLayers: options.parallelLayers ?? DEFAULT_PARALLEL_LAYERS,
    ...(registriesConf === undefined ? {} : { registriesConf }),
    ...(authFiles === undefined ? {} : { authFiles }),
    ...(certsDirectories === undefined ? {} : { certsDirectories }),
  };
}

/** Puts what was being done before what went wrong; a full disk is told from what else the kernel refuses wherever it shows. */
function explained(error: unknown, what: string): unknown {
  if (isPeapodError(error)) {
    return new PeapodError(error.code, `${what}: ${error.message}`, {
      cause: error,
      retryable: error.retryable,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  if (errorCode(error) !== 'ENOSPC' && errorCode(error) !== 'EDQUOT')
    return new PeapodError('Unavailable', `${what}: ${error.message}`, { cause: error, retryable: true });
  return new PeapodError('NoSpace', `${what}: no space left on the disk`, { cause: error });
}

const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (delayMs, options) => delay(Math.max(delayMs, 0), undefined, options),
};
