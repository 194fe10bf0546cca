/** Which pods a term means: pods of some namespaces whose labels match. */
import { type CompiledSelector, matchesSelector, selectorKey } from '../pod/label-selector.ts';
import type { Labels } from '../pod/labels.ts';
import type { DomainCounter } from './domain-counter.ts';

/** One conjunct of a matcher. */
export interface PodCriterion {
  readonly namespaces: ReadonlySet<string>;
  /** Namespaces whose labels match are meant too. */
  readonly namespaceSelector: CompiledSelector;
  readonly selector: CompiledSelector;
}

/** Pods that the engine cannot tell apart when it counts. */
export interface PodGroupKey {
  readonly namespace: string;
  readonly labels: Labels;
  readonly terminating: boolean;
}

export interface PodCriteria {
  /** A pod must meet all of them. */
  readonly all: readonly PodCriterion[];
  readonly countsTerminating: boolean;
}

/** What counts the pods that one set of criteria means. */
export class PodMatcher {
  readonly criteria: PodCriteria;
  /** Matching pods per domain. */
  readonly counters: DomainCounter[] = [];
  /** What pods on nodes ask about pods that match: filled by the pods' terms. */
  readonly owners: OwnedTerms[] = [];

  constructor(criteria: PodCriteria) {
    this.criteria = criteria;
  }

  matches(group: PodGroupKey, labelsOfNamespace: (namespace: string) => Labels): boolean {
    if (group.terminating && !this.criteria.countsTerminating) return false;
    return this.criteria.all.every((criterion) => meets(criterion, group, labelsOfNamespace));
  }
}

/** Terms of pods on nodes, added up by the domain of the owner. */
export interface OwnedTerms {
  readonly kind: OwnedTermKind;
  readonly counter: DomainCounter;
}

/** `avoid`: required anti-affinity; `attract`: required affinity; `prefer`: preferred of both, by signed weight. */
export type OwnedTermKind = 'avoid' | 'attract' | 'prefer';

function meets(
  { namespaces, namespaceSelector, selector }: PodCriterion,
  { namespace, labels }: PodGroupKey,
  labelsOfNamespace: (namespace: string) => Labels,
): boolean {
  const inNamespace =
    namespaces.has(namespace) ||
    (namespaceSelector !== undefined && matchesSelector(namespaceSelector, labelsOfNamespace(namespace)));
  return inNamespace && matchesSelector(selector, labels);
}

export function criteriaKey({ all, countsTerminating }: PodCriteria): string {
  const keys = all.map(({ namespaces, namespaceSelector, selector }) =>
    JSON.stringify([[...namespaces].sort(), selectorKey(namespaceSelector), selectorKey(selector)]),
  );
  return `${countsTerminating}${keys.sort().join()}`;
}
