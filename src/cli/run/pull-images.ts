import type { Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import type { PodRuntime } from '../../runtime/pod-runtime.ts';
import type { Terminal } from '../output/terminal.ts';
import { PullView } from './pull-view.ts';

interface WantedImage {
  reference: string;
  policy: string;
}

/**
 * Makes sure that every image of the pods is there, by each container's `imagePullPolicy`, and shows the progress.
 * @throws PeapodError what `pullImage` throws; ImageNeverPull
 */
export async function pullImages(
  runtime: PodRuntime,
  pods: readonly Pod[],
  terminal: Terminal,
  options: { signal: AbortSignal },
): Promise<void> {
  await using view = new PullView(terminal);
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const pulls = wantedImages(pods).map((image) => ensureImage(runtime, image, view, signal));
  try {
    await Promise.all(pulls);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(pulls);
    throw error;
  }
}

/** Each image once; `Always` of one container wins over what the others say. */
function wantedImages(pods: readonly Pod[]): WantedImage[] {
  const images = new Map<string, WantedImage>();
  for (const { spec } of pods) {
    for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
      const { image: reference = '', imagePullPolicy: policy = 'IfNotPresent' } = container;
      if (images.get(reference)?.policy !== 'Always') images.set(reference, { reference, policy });
    }
    for (const { image } of spec?.volumes ?? []) {
      const { reference, pullPolicy: policy = 'IfNotPresent' } = image ?? {};
      if (reference !== undefined && !images.has(reference)) images.set(reference, { reference, policy });
    }
  }
  return [...images.values()];
}

async function ensureImage(
  runtime: PodRuntime,
  image: WantedImage,
  view: PullView,
  signal: AbortSignal,
): Promise<void> {
  const { reference, policy } = image;
  const present = (await runtime.imageStatus(reference)) !== undefined;
  if (present && policy !== 'Always') return;
  if (policy === 'Never') {
    throw new PeapodError(
      'ImageNeverPull',
      `Container image "${reference}" is not present with pull policy of Never`,
      {
        hint: `peapod pull ${reference}`,
      },
    );
  }
  using progress = view.start(reference);
  await runtime.pullImage(reference, { signal, onProgress: (layer) => progress.update(layer) });
  progress.done();
}
