import type { PodRuntime } from '../runtime/pod-runtime.ts';
import { POD_UID_LABEL } from './container-labels.ts';
import { observedPod } from './planner/observed.ts';
import type { ObservedPod } from './planner/plan-input.ts';

/** Asks the runtime what it has of a pod. */
export async function observePod(
  runtime: PodRuntime,
  podUid: string,
  signal: AbortSignal,
): Promise<ObservedPod> {
  const [sandboxes, containers] = await Promise.all([
    runtime.listPodSandboxes({ podUid }, { signal }),
    runtime.listContainers({ labels: { [POD_UID_LABEL]: podUid } }, { signal }),
  ]);
  return observedPod(sandboxes, containers);
}
