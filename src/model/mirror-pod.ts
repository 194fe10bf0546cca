/**
 * A pod that a node runs from a file has a uid of the node's; the API shows it as a mirror, which has another one.
 * @see kubernetes/pkg/kubelet/types/pod_update.go
 */
import type { Pod } from './api/types.ts';

/** On a mirror: the uid of the pod that it shows. */
export const MIRROR_POD = 'kubernetes.io/config.mirror';

/** Whether it only shows what a node runs by itself. */
export function isMirrorPod({ metadata }: Pick<Pod, 'metadata'>): boolean {
  return metadata?.annotations?.[MIRROR_POD] !== undefined;
}

/** The uid under which its node runs the pod, keeps its files, measures it, and records its events. Empty when it has none. */
export function uidOnNode({ metadata }: Pick<Pod, 'metadata'>): string {
  return metadata?.annotations?.[MIRROR_POD] ?? metadata?.uid ?? '';
}
