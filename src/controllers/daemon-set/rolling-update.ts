/**
 * Which pods of an older template are to be replaced now.
 * @see kubernetes/pkg/controller/daemon/update.go rollingUpdate
 */
import type { DaemonSet, Node, Pod } from '../../model/api/types.ts';
import { isAvailable } from '../pod-states.ts';
import { HASH_LABEL } from './daemon-pod.ts';
import type { DaemonsByNode } from './daemons-by-node.ts';
import { daemonLimits } from './limits.ts';
import { nodeFit } from './node-fit.ts';

export interface UpdatePlan {
  /** Nodes that get a new pod beside the old one. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

interface OnNode {
  readonly node: string;
  readonly fresh: Pod | undefined;
  readonly old: Pod | undefined;
}

export function planUpdate(
  set: DaemonSet,
  nodes: readonly Node[],
  daemons: DaemonsByNode,
  { hash, nowMs }: { hash: string; nowMs: number },
): UpdatePlan {
  const wanted = nodes.filter((node) => nodeFit(set, node) === 'runs');
  const { maxSurge, maxUnavailable } = daemonLimits(set, wanted.length);
  const isUp = (pod: Pod) => isAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs);
  const states = wanted.map(({ metadata }) => onNode(metadata?.name ?? '', daemons, hash));
  return maxSurge > 0 ? surge(states, isUp, maxSurge) : replace(states, isUp, maxUnavailable);
}

function onNode(node: string, daemons: DaemonsByNode, hash: string): OnNode | undefined {
  const pods = (daemons.get(node) ?? []).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  const fresh = pods.filter(({ metadata }) => metadata?.labels?.[HASH_LABEL] === hash);
  const old = pods.filter((pod) => !fresh.includes(pod));
  // Too many: they are put in order before anything is replaced.
  if (fresh.length > 1 || old.length > 1) return undefined;
  return { node, fresh: fresh[0], old: old[0] };
}

/** An old pod goes, and its node is without until the new one is there. What serves nobody goes first, and at once. */
function replace(
  states: readonly (OnNode | undefined)[],
  isUp: (pod: Pod) => boolean,
  maxUnavailable: number,
): UpdatePlan {
  let unavailable = 0;
  const useless: Pod[] = [];
  const serving: Pod[] = [];
  for (const state of states) {
    const { fresh, old } = state ?? {};
    if (fresh === undefined && old !== undefined) {
      if (isUp(old)) {
        serving.push(old);
        continue;
      }
      useless.push(old);
    }
    if (old !== undefined || fresh === undefined || !isUp(fresh)) unavailable += 1;
  }
  return { create: [], remove: [...useless, ...serving.slice(0, Math.max(0, maxUnavailable - unavailable))] };
}

/** A new pod comes beside the old one, which goes when the new one is available. */
function surge(
  states: readonly (OnNode | undefined)[],
  isUp: (pod: Pod) => boolean,
  maxSurge: number,
): UpdatePlan {
  let surging = 0;
  const remove: Pod[] = [];
  const useless: string[] = [];
  const serving: string[] = [];
  for (const state of states) {
    if (state === undefined) surging += 1;
    else if (state.old === undefined) continue;
    else if (state.fresh === undefined) (isUp(state.old) ? serving : useless).push(state.node);
    else if (isUp(state.fresh)) remove.push(state.old);
    else surging += 1;
  }
  return { create: [...useless, ...serving.slice(0, Math.max(0, maxSurge - surging))], remove };
}
