import type { Pod } from '../../model/api/types.ts';
import type { PodEngine } from '../engine/pod-engine.ts';
import { attendPods } from './attend-pods.ts';

/** Deletes the pods, whoever keeps them, and resolves when nothing is left of them, nor of what only they used. */
export async function removePods(
  engine: PodEngine,
  pods: readonly Pod[],
  options: { gracePeriodSeconds?: number; signal?: AbortSignal },
): Promise<void> {
  const { signal, ...deletion } = options;
  for (const { metadata } of pods) {
    await engine.client.deletePod(metadata?.namespace ?? 'default', metadata?.name ?? '', {
      ...deletion,
      ...(metadata?.uid === undefined ? {} : { uid: metadata.uid }),
    });
  }
  await attendPods(engine, pods, (present) => present.length === 0, signal);
  await engine.collectUnused();
}
