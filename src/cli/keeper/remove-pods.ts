import type { Pod } from '../../model/api/types.ts';
import type { Host } from '../host.ts';
import { attendPods } from './attend-pods.ts';
import { collectUnused } from './collect-unused.ts';

/** Deletes the pods, whoever keeps them, and resolves when nothing is left of them, nor of what only they used. */
export async function removePods(
  host: Host,
  pods: readonly Pod[],
  options: { gracePeriodSeconds?: number; signal?: AbortSignal },
): Promise<void> {
  const { signal, ...deletion } = options;
  for (const { metadata } of pods) {
    await host.client.deletePod(metadata?.namespace ?? 'default', metadata?.name ?? '', {
      ...deletion,
      ...(metadata?.uid === undefined ? {} : { uid: metadata.uid }),
    });
  }
  await attendPods(host, pods, (present) => present.length === 0, signal);
  await collectUnused(host.client);
}
