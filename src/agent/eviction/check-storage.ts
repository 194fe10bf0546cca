import type { Pod } from '../../model/api/types.ts';
import { podLimits } from '../../model/pod-requests.ts';
import type { AgentDeps } from '../agent-deps.ts';
import type { ObservedPod } from '../planner/plan-input.ts';
import { storageOverLimit } from './storage-over-limit.ts';

/** @returns the kubelet's message when the pod uses more disk than it may */
export async function checkStorage(
  pod: Pod,
  observed: ObservedPod,
  { volumes, runtime, log }: Pick<AgentDeps, 'volumes' | 'runtime' | 'log'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!limitsStorage(pod)) return undefined;
  try {
    const layerBytes = new Map<string, number>();
    for (const { id, metadata, state } of observed.containers) {
      if (state !== 'CONTAINER_RUNNING') continue;
      const { writableLayerBytes } = await runtime.containerStats(id, { signal });
      layerBytes.set(metadata.name, writableLayerBytes);
    }
    return storageOverLimit(pod, { volumeBytes: await volumes.usage(pod), layerBytes });
  } catch (error) {
    signal.throwIfAborted();
    log({ level: 'warn', message: 'cannot measure storage', pod: pod.metadata?.name ?? '', error });
    return undefined;
  }
}

/** Whether a pod may use only so much storage. */
export function limitsStorage(pod: Pod): boolean {
  const { volumes = [] } = pod.spec ?? {};
  const sized = volumes.some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined);
  return sized || podLimits(pod).has('ephemeral-storage');
}
