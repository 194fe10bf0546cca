/** The reference's idea of a cluster: plain lists. */
import type { LabelSelector, Node, Pod } from '../../../model/api/types.ts';

export interface PlacedPod {
  readonly pod: Pod;
  readonly node: Node;
}

export interface ReferenceCluster {
  readonly nodes: readonly Node[];
  readonly placed: readonly PlacedPod[];
  readonly namespaces: Readonly<Record<string, Record<string, string>>>;
  /** Selectors of Services in the namespace `default`. */
  readonly services: readonly LabelSelector[];
}

export function labelsOf({ metadata }: Node | Pod): Record<string, string> {
  return metadata?.labels ?? {};
}

export function namespaceOf({ metadata }: Pod): string {
  return metadata?.namespace ?? 'default';
}

export function podsOn(cluster: ReferenceCluster, node: Node): Pod[] {
  return cluster.placed.filter((placed) => placed.node === node).map(({ pod }) => pod);
}
