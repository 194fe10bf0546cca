import type { Pod } from '../../model/api/types.ts';
import type { PodEngine } from '../engine/pod-engine.ts';
import { podsWhen } from './pods-when.ts';

/**
 * Waits until `reached` holds for those of the pods that are still there, or the signal aborts, without an error.
 * Pods that nobody keeps, and those whose keeper goes away meanwhile, are kept by this process until then.
 * @throws why this process cannot keep them
 */
export async function attendPods(
  engine: PodEngine,
  pods: readonly Pod[],
  reached: (pods: Pod[]) => boolean,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const uids = new Set(pods.map((pod) => pod.metadata?.uid ?? ''));
  await using keeping = engine.keep(pods);
  await podsWhen(engine.client, uids, reached, AbortSignal.any([signal, keeping.broken]));
  keeping.broken.throwIfAborted();
}
