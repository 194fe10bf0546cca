/** Pod affinity by comparing each pod with each other, for the reference. */
import type { LabelSelector, Node, Pod, PodAffinityTerm } from '../../../model/api/types.ts';
import { labelsOf, namespaceOf, type ReferenceCluster } from './reference-cluster.ts';
import { selects } from './reference-selectors.ts';

export const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
export const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

/** Whether the owner's term means the other pod. */
export function means(cluster: ReferenceCluster, owner: Pod, term: PodAffinityTerm, other: Pod): boolean {
  const selector = withOwnLabels(owner, term);
  return inNamespaces(cluster, owner, term, namespaceOf(other)) && selects(selector, labelsOf(other));
}

function withOwnLabels(owner: Pod, term: PodAffinityTerm): LabelSelector | undefined {
  if (term.labelSelector === undefined) return undefined;
  const expressions = [...(term.labelSelector.matchExpressions ?? [])];
  for (const key of term.matchLabelKeys ?? []) {
    const value = labelsOf(owner)[key];
    if (value !== undefined) expressions.push({ key, operator: 'In', values: [value] });
  }
  for (const key of term.mismatchLabelKeys ?? []) {
    const value = labelsOf(owner)[key];
    if (value !== undefined) expressions.push({ key, operator: 'NotIn', values: [value] });
  }
  return { ...term.labelSelector, matchExpressions: expressions };
}

function inNamespaces(cluster: ReferenceCluster, owner: Pod, term: PodAffinityTerm, name: string): boolean {
  const { namespaces = [], namespaceSelector } = term;
  if (namespaces.length === 0 && namespaceSelector === undefined) return name === namespaceOf(owner);
  if (namespaces.includes(name)) return true;
  return namespaceSelector !== undefined && selects(namespaceSelector, cluster.namespaces[name] ?? {});
}

function sameDomain(a: Node, b: Node, key: string): boolean {
  const domain = labelsOf(a)[key];
  return domain !== undefined && domain === labelsOf(b)[key];
}

export function affinityAllows(cluster: ReferenceCluster, pod: Pod, node: Node): boolean {
  const attract = pod.spec?.affinity?.podAffinity?.[REQUIRED] ?? [];
  const avoid = pod.spec?.affinity?.podAntiAffinity?.[REQUIRED] ?? [];
  const meansAll = (other: Pod): boolean => attract.every((term) => means(cluster, pod, term, other));
  if (!attract.every(({ topologyKey }) => topologyKey in labelsOf(node))) return false;
  const near = attract.every(({ topologyKey }) =>
    cluster.placed.some((other) => meansAll(other.pod) && sameDomain(other.node, node, topologyKey)),
  );
  if (!near) {
    const anyCounted = cluster.placed.some(
      (other) =>
        meansAll(other.pod) && attract.some(({ topologyKey }) => topologyKey in labelsOf(other.node)),
    );
    if (anyCounted || !meansAll(pod)) return false;
  }
  for (const other of cluster.placed) {
    for (const term of avoid) {
      if (means(cluster, pod, term, other.pod) && sameDomain(other.node, node, term.topologyKey))
        return false;
    }
    for (const term of other.pod.spec?.affinity?.podAntiAffinity?.[REQUIRED] ?? []) {
      if (means(cluster, other.pod, term, pod) && sameDomain(other.node, node, term.topologyKey))
        return false;
    }
  }
  return true;
}

export function rawAffinityScore(cluster: ReferenceCluster, pod: Pod, node: Node): number {
  let score = 0;
  for (const other of cluster.placed) {
    const add = (owner: Pod, meant: Pod, term: PodAffinityTerm, weight: number): void => {
      if (means(cluster, owner, term, meant) && sameDomain(other.node, node, term.topologyKey))
        score += weight;
    };
    for (const [owner, meant] of [
      [pod, other.pod],
      [other.pod, pod],
    ] as const) {
      const { podAffinity, podAntiAffinity } = owner.spec?.affinity ?? {};
      for (const { podAffinityTerm, weight } of podAffinity?.[PREFERRED] ?? []) {
        add(owner, meant, podAffinityTerm, weight);
      }
      for (const { podAffinityTerm, weight } of podAntiAffinity?.[PREFERRED] ?? []) {
        add(owner, meant, podAffinityTerm, -weight);
      }
    }
    for (const term of other.pod.spec?.affinity?.podAffinity?.[REQUIRED] ?? []) add(other.pod, pod, term, 1);
  }
  return score;
}
