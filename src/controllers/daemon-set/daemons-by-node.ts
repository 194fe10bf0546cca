import type { Pod } from '../../model/api/types.ts';
import { isTerminated } from '../pod-states.ts';
import { targetNode } from './daemon-pod.ts';

export type DaemonsByNode = ReadonlyMap<string, readonly Pod[]>;

/** A set's pods by the node they are on, or are to be on, the oldest first. What has ended and is being deleted does not count. */
export function daemonsByNode(pods: readonly Pod[]): DaemonsByNode {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = targetNode(pod);
    if (node === undefined || (isTerminated(pod) && pod.metadata?.deletionTimestamp !== undefined)) continue;
    byNode.set(node, [...(byNode.get(node) ?? []), pod]);
  }
  const created = ({ metadata }: Pod) => Date.parse(metadata?.creationTimestamp ?? '');
  for (const [node, own] of byNode)
    byNode.set(
      node,
      own.toSorted((a, b) => created(a) - created(b)),
    );
  return byNode;
}
