/**
 * One pod of the set on each node that it wants.
 * @see kubernetes/pkg/controller/daemon/daemon_controller.go podsShouldBeOnNode
 */
import type { DaemonSet, Node, Pod } from '../../model/api/types.ts';
import { isAvailable, readySince } from '../pod-states.ts';
import { HASH_LABEL, targetNode } from './daemon-pod.ts';
import type { DaemonsByNode } from './daemons-by-node.ts';
import { maySurge } from './limits.ts';
import { nodeFit } from './node-fit.ts';

export interface DaemonPlan {
  /** Nodes that need a pod. */
  readonly create: string[];
  readonly remove: Pod[];
  /** Pods that ended, which a daemon's must not: to be removed, unless it is too early. */
  readonly ended: Pod[];
}

export function planDaemons(
  set: DaemonSet,
  nodes: readonly Node[],
  daemons: DaemonsByNode,
  { hash, nowMs }: { hash: string; nowMs: number },
): DaemonPlan {
  const plan: DaemonPlan = { create: [], remove: [], ended: [] };
  for (const node of nodes) {
    const name = node.metadata?.name ?? '';
    const pods = daemons.get(name);
    const fit = nodeFit(set, node);
    if (fit === 'runs' && pods === undefined) plan.create.push(name);
    const staying = (pods ?? []).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
    if (fit === 'never') {
      plan.remove.push(...staying);
      continue;
    }
    const ended = staying.filter(({ status }) => status?.phase === 'Failed' || status?.phase === 'Succeeded');
    const running = staying.filter((pod) => !ended.includes(pod));
    plan.ended.push(...ended);
    plan.remove.push(...(maySurge(set) ? surplusWhileSurging(set, running, hash, nowMs) : running.slice(1)));
  }
  plan.remove.push(...withoutNode(nodes, daemons));
  return plan;
}

/** While it surges an old pod and a new one may be side by side, until the new one can do without the old. */
function surplusWhileSurging(
  { spec }: DaemonSet,
  running: readonly Pod[],
  hash: string,
  nowMs: number,
): Pod[] {
  if (running.length <= 1) return [];
  const isNew = ({ metadata }: Pod) => metadata?.labels?.[HASH_LABEL] === hash;
  const newest = running.find(isNew);
  const old = running.find((pod) => !isNew(pod));
  const surplus = running.filter((pod) => pod !== newest && pod !== old);
  if (newest === undefined || old === undefined) return surplus;
  const isReplaced = readySince(old) === undefined || isAvailable(newest, spec?.minReadySeconds ?? 0, nowMs);
  return isReplaced ? [...surplus, old] : surplus;
}

/** Pods that wait for a node which is gone. */
function withoutNode(nodes: readonly Node[], daemons: DaemonsByNode): Pod[] {
  const names = new Set(nodes.map(({ metadata }) => metadata?.name ?? ''));
  return [...daemons.values()]
    .flat()
    .filter(
      (pod) =>
        !pod.spec?.nodeName &&
        pod.metadata?.deletionTimestamp === undefined &&
        !names.has(targetNode(pod) ?? ''),
    );
}
