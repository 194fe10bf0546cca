/** Whether this machine has room for a pod. */
import type { Node, Pod, Volume } from '../../model/api/types.ts';
import { ClusterSnapshot } from '../../scheduler/engine/snapshot.ts';
import { defaultProfile } from '../../scheduler/engine/profile.ts';
import { SchedulingEngine } from '../../scheduler/engine/schedule-pod.ts';
import type { Rejection } from '../../scheduler/engine/decision.ts';
import { sayRejection } from '../../scheduler/explain/say-rejection.ts';

export type Place =
  | { readonly found: true; readonly node: string }
  | {
      readonly found: false;
      /** In kube-scheduler's words: `0/1 nodes are available: 1 Insufficient memory.` */
      readonly summary: string;
      /** The numbers behind it: `needs 32Gi memory, 23.4Gi free of 24Gi`. */
      readonly numbers: readonly string[];
    };

const GATED = 'Scheduling is blocked due to non-empty scheduling gates';

/** @param others every pod there is; those that are on this node and have not ended take room from it */
export function findPlace(pod: Pod, node: Node, others: readonly Pod[]): Place {
  const name = node.metadata?.name ?? '';
  const snapshot = new ClusterSnapshot();
  snapshot.addNode(node);
  for (const other of others) {
    if (other.metadata?.uid === pod.metadata?.uid || hasEnded(other)) continue;
    if (other.spec?.nodeName === name) snapshot.addPod(placeable(other));
  }
  const schedulerName = pod.spec?.schedulerName ?? 'default-scheduler';
  const engine = new SchedulingEngine(snapshot, { profiles: [{ ...defaultProfile(), schedulerName }] });
  const info = snapshot.readPod(placeable(pod));
  const decision = engine.decide(info);
  if (decision.outcome === 'placed') return { found: true, node: decision.node };
  if (decision.gated !== undefined) return { found: false, summary: GATED, numbers: [] };
  const { summary, rejected } = engine.explain(info);
  return { found: false, summary, numbers: rejected.filter(hasNumbers).flatMap(sayRejection) };
}

/** Without a server there are no PriorityClasses, and claims are folders of this machine, which bind nobody to a node. */
export function placeable(pod: Pod): Pod {
  if (pod.spec === undefined) return pod;
  const { priorityClassName: _, volumes = [], ...spec } = pod.spec;
  const isClaim = ({ persistentVolumeClaim, ephemeral }: Volume) =>
    persistentVolumeClaim !== undefined || ephemeral !== undefined;
  return { ...pod, spec: { ...spec, volumes: volumes.filter((volume) => !isClaim(volume)) } };
}

/** Whether there is more to tell than the summary says. */
function hasNumbers({ details }: Rejection): boolean {
  return details.some(({ kind }) => kind === 'resource' || kind === 'ports');
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
