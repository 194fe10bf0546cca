/** Topology spread by counting pods anew for each node, for the reference. */
import type { LabelSelector, Node, Pod, TopologySpreadConstraint } from '../../../model/api/types.ts';
import { labelsOf, namespaceOf, podsOn, type ReferenceCluster } from './reference-cluster.ts';
import { allowsNode, selects, toleratesHardTaints } from './reference-selectors.ts';

const HOSTNAME = 'kubernetes.io/hostname';

function constraintsOf(cluster: ReferenceCluster, pod: Pod, action: string): TopologySpreadConstraint[] {
  const own = pod.spec?.topologySpreadConstraints ?? [];
  if (own.length > 0) return own.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action);
  const services = cluster.services.filter(
    (selector) => namespaceOf(pod) === 'default' && selects(selector, labelsOf(pod)),
  );
  if (services.length === 0 || action === 'DoNotSchedule') return [];
  const labelSelector = { matchLabels: Object.assign({}, ...services.map(({ matchLabels }) => matchLabels)) };
  const whenUnsatisfiable = 'ScheduleAnyway';
  return [
    { topologyKey: HOSTNAME, maxSkew: 3, whenUnsatisfiable, labelSelector },
    { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, whenUnsatisfiable, labelSelector },
  ];
}

function selectorOf(constraint: TopologySpreadConstraint, pod: Pod): LabelSelector | undefined {
  const { labelSelector, matchLabelKeys = [] } = constraint;
  if (labelSelector === undefined) return undefined;
  const labels = labelsOf(pod);
  const added = matchLabelKeys
    .filter((key) => key in labels)
    .map((key) => ({ key, operator: 'In', values: [labels[key] ?? ''] }));
  return { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...added] };
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length + matchExpressions.length === 0;
}

function countOn(
  cluster: ReferenceCluster,
  node: Node,
  constraint: TopologySpreadConstraint,
  pod: Pod,
): number {
  const selector = selectorOf(constraint, pod);
  if (selector === undefined || isEmpty(selector)) return 0;
  return podsOn(cluster, node).filter(
    (other) =>
      other.metadata?.deletionTimestamp === undefined &&
      namespaceOf(other) === namespaceOf(pod) &&
      selects(selector, labelsOf(other)),
  ).length;
}

function isIncluded(constraint: TopologySpreadConstraint, pod: Pod, node: Node): boolean {
  if ((constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor' && !allowsNode(pod, node)) return false;
  return (constraint.nodeTaintsPolicy ?? 'Ignore') === 'Ignore' || toleratesHardTaints(pod, node);
}

function hasKeys(node: Node, constraints: readonly TopologySpreadConstraint[]): boolean {
  return constraints.every(({ topologyKey }) => topologyKey in labelsOf(node));
}

export function spreadAllows(cluster: ReferenceCluster, pod: Pod, node: Node): boolean {
  const constraints = constraintsOf(cluster, pod, 'DoNotSchedule');
  return constraints.every((constraint) => {
    const { topologyKey, maxSkew, minDomains = 1 } = constraint;
    const own = labelsOf(node)[topologyKey];
    if (own === undefined) return false;
    const counts = new Map<string, number>();
    for (const other of cluster.nodes) {
      if (!hasKeys(other, constraints) || !isIncluded(constraint, pod, other)) continue;
      const domain = labelsOf(other)[topologyKey] ?? '';
      counts.set(domain, (counts.get(domain) ?? 0) + countOn(cluster, other, constraint, pod));
    }
    const least = counts.size < minDomains ? 0 : Math.min(...counts.values());
    const self = selects(selectorOf(constraint, pod), labelsOf(pod)) ? 1 : 0;
    return (counts.get(own) ?? 0) + self - least <= maxSkew;
  });
}

/** Normalised, for the nodes that suit. */
export function spreadScores(cluster: ReferenceCluster, pod: Pod, feasible: readonly Node[]): number[] {
  const constraints = constraintsOf(cluster, pod, 'ScheduleAnyway');
  if (constraints.length === 0) return feasible.map(() => 0);
  const needsAll = (pod.spec?.topologySpreadConstraints ?? []).length > 0;
  const considered = feasible.filter((node) => !needsAll || hasKeys(node, constraints));
  const raw = feasible.map((node) => {
    if (!considered.includes(node)) return undefined;
    let score = 0;
    for (const constraint of constraints) {
      const { topologyKey, maxSkew } = constraint;
      const domain = labelsOf(node)[topologyKey];
      if (domain === undefined) continue;
      const isHost = topologyKey === HOSTNAME;
      const domains = isHost
        ? considered.length
        : new Set(considered.map((other) => labelsOf(other)[topologyKey] ?? '')).size;
      const members = cluster.nodes.filter(
        (other) =>
          labelsOf(other)[topologyKey] === domain &&
          (!needsAll || hasKeys(other, constraints)) &&
          isIncluded(constraint, pod, other),
      );
      const counted = isHost ? [node] : members;
      const count = counted.reduce((sum, other) => sum + countOn(cluster, other, constraint, pod), 0);
      score += count * Math.log(domains + 2) + (maxSkew - 1);
    }
    return Math.round(score);
  });
  const scored = raw.filter((score) => score !== undefined);
  const largest = Math.max(0, ...scored);
  const least = Math.min(...scored);
  return raw.map((score) => {
    if (score === undefined) return 0;
    return largest === 0 ? 100 : Math.trunc((100 * (largest + least - score)) / largest);
  });
}
