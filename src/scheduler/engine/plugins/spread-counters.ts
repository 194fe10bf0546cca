/** Ties spread constraints to the counters that answer them. */
import type { PodInfo } from '../pod/pod-info.ts';
import { isHardTaint } from '../pod/tolerations.ts';
import type { SpreadConstraint } from '../pod/spread-constraints.ts';
import type { ClusterSnapshot } from '../snapshot.ts';
import type { DomainCounter } from '../state/domain-counter.ts';
import type { NodeInfo } from '../state/node-info.ts';
import { EACH_NODE } from '../state/topology.ts';

export const HOSTNAME = 'kubernetes.io/hostname';

export interface CountedConstraint {
  readonly constraint: SpreadConstraint;
  readonly counter: DomainCounter;
}

/**
 * Counters over the nodes that count for the pod: they have all of `keys`, and suit the pod's node affinity and
 * tolerations where the constraint honours them.
 */
export function countConstraints(
  snapshot: ClusterSnapshot,
  pod: PodInfo,
  constraints: readonly SpreadConstraint[],
  keys: readonly string[],
): CountedConstraint[] {
  return constraints.map((constraint) => {
    const counter = snapshot.spreadCounters.get(constraint) ?? countOne(snapshot, pod, constraint, keys);
    snapshot.spreadCounters.set(constraint, counter);
    return { constraint, counter };
  });
}

function countOne(
  snapshot: ClusterSnapshot,
  pod: PodInfo,
  constraint: SpreadConstraint,
  keys: readonly string[],
): DomainCounter {
  const { shape } = pod.template;
  const affinity = constraint.honorsAffinity ? shape.affinityKey : '';
  const taints = constraint.honorsTaints ? shape.tolerationsKey : undefined;
  const key = `spread ${JSON.stringify([keys, affinity, taints])}`;
  const column = snapshot.columns.getPinned(key, (node) => (counts(node, pod, constraint, keys) ? 0 : 1));
  return snapshot.population.podCounter(matcherOf(snapshot, pod, constraint), constraint.topologyKey, {
    key,
    column,
  });
}

/** By node, whatever nodes count. */
export function countOnNodes(
  snapshot: ClusterSnapshot,
  pod: PodInfo,
  constraint: SpreadConstraint,
): DomainCounter {
  const known = snapshot.hostCounters.get(constraint);
  if (known !== undefined) return known;
  const counter = snapshot.population.podCounter(matcherOf(snapshot, pod, constraint), EACH_NODE);
  snapshot.hostCounters.set(constraint, counter);
  return counter;
}

function matcherOf(snapshot: ClusterSnapshot, pod: PodInfo, { counted }: SpreadConstraint) {
  const namespaces = new Set([pod.template.namespace]);
  return snapshot.population.matcher({
    all: [{ namespaces, namespaceSelector: undefined, selector: counted }],
    countsTerminating: false,
  });
}

function counts(
  node: NodeInfo,
  { template }: PodInfo,
  { honorsAffinity, honorsTaints }: SpreadConstraint,
  keys: readonly string[],
): boolean {
  const { allowsNode, tolerates } = template.shape;
  if (!keys.every((key) => node.labels.has(key))) return false;
  if (honorsAffinity && allowsNode?.(node) === false) return false;
  return !honorsTaints || !node.taints.some((taint) => isHardTaint(taint) && !tolerates(taint));
}
