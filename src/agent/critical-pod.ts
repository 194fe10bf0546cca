import type { Pod } from '../model/api/types.ts';
import { isMirrorPod } from '../model/mirror-pod.ts';
import { isStaticPod } from './static-pods/static-pod.ts';

const SYSTEM_CRITICAL_PRIORITY = 2_000_000_000;

/** Whether a node needs the pod itself, and never evicts it for want of room. @see kubernetes/pkg/kubelet/types/pod_update.go */
export function isCriticalPod(pod: Pod): boolean {
  return isStaticPod(pod) || isMirrorPod(pod) || (pod.spec?.priority ?? 0) >= SYSTEM_CRITICAL_PRIORITY;
}
