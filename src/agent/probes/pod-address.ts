import type { Pod } from '../../model/api/types.ts';
import { readySandbox } from '../planner/observed.ts';
import type { ObservedPod } from '../planner/plan-input.ts';

/** Where the pod is reached from the node. */
export function podAddress(pod: Pod, observed: ObservedPod, nodeIps: readonly string[]): string {
  if (pod.spec?.hostNetwork === true) return nodeIps[0] ?? '127.0.0.1';
  return readySandbox(pod, observed)?.ips[0] ?? '';
}
