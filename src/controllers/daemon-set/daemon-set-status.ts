import type { DaemonSet, DaemonSetStatus, Node } from '../../model/api/types.ts';
import { isAvailable, readySince } from '../pod-states.ts';
import { HASH_LABEL } from './daemon-pod.ts';
import type { DaemonsByNode } from './daemons-by-node.ts';
import { nodeFit } from './node-fit.ts';

/** @see kubernetes/pkg/controller/daemon/daemon_controller.go updateDaemonSetStatus */
export function daemonSetStatus(
  set: DaemonSet,
  nodes: readonly Node[],
  daemons: DaemonsByNode,
  { hash, nowMs }: { hash: string; nowMs: number },
): Omit<DaemonSetStatus, 'conditions' | 'collisionCount'> {
  let [desired, current, misscheduled, ready, available, updated] = [0, 0, 0, 0, 0, 0];
  for (const node of nodes) {
    const [oldest] = daemons.get(node.metadata?.name ?? '') ?? [];
    const isWanted = nodeFit(set, node) === 'runs';
    if (isWanted) desired += 1;
    if (oldest === undefined) continue;
    if (!isWanted) {
      misscheduled += 1;
      continue;
    }
    current += 1;
    if (readySince(oldest) !== undefined) ready += 1;
    if (isAvailable(oldest, set.spec?.minReadySeconds ?? 0, nowMs)) available += 1;
    if (oldest.metadata?.labels?.[HASH_LABEL] === hash) updated += 1;
  }
  return {
    observedGeneration: set.metadata?.generation ?? 0,
    desiredNumberScheduled: desired,
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    numberReady: ready,
    updatedNumberScheduled: updated,
    numberAvailable: available,
    numberUnavailable: desired - available,
  };
}
