/**
 * Pod affinity and anti-affinity, read once and tied to the counters that answer it.
 * @see kubernetes/pkg/scheduler/framework/plugins/interpodaffinity
 */
import type { Affinity, Pod, PodAffinityTerm } from '../../../model/api/types.ts';
import type { FieldErrors } from '../../../model/field-error.ts';
import type { DomainCounter } from '../state/domain-counter.ts';
import type { PodCriterion, PodMatcher } from '../state/pod-matcher.ts';
import type { PodPopulation } from '../state/pod-population.ts';
import { compileSelector, isNoneOf, isOneOf, type LabelRequirement } from './label-selector.ts';
import { checkCount } from './limits.ts';
import { isWeight } from './pod-shape.ts';

/** Weight per matching pod in the domain. */
export interface WeightedCounter {
  readonly counter: DomainCounter;
  readonly weight: number;
}

/** A term as the pod's presence on a node brings it to bear on others. */
export interface OwnedTerm {
  readonly counter: DomainCounter;
  readonly weight: number;
}

export interface PodAffinityTerms {
  /** Pods that meet all required affinity terms at once, counted by each term's key. */
  readonly attract: readonly DomainCounter[];
  readonly attractMatcher: PodMatcher | undefined;
  readonly avoid: readonly DomainCounter[];
  /** Preferred terms; anti-affinity weighs negative. */
  readonly prefer: readonly WeightedCounter[];
  readonly owned: readonly OwnedTerm[];
}

export const NO_TERMS: PodAffinityTerms = {
  attract: [],
  attractMatcher: undefined,
  avoid: [],
  prefer: [],
  owned: [],
};

interface ReadTerm {
  readonly criterion: PodCriterion;
  readonly topologyKey: string;
  readonly weight: number;
}

export function compileAffinity(
  pod: Pod,
  affinity: Affinity,
  population: PodPopulation,
  errors: FieldErrors,
): PodAffinityTerms {
  const { podAffinity, podAntiAffinity } = affinity;
  const read = (terms: readonly PodAffinityTerm[] | undefined, field: string) =>
    readTerms(
      pod,
      (terms ?? []).map((podAffinityTerm) => ({ podAffinityTerm, weight: 1 })),
      field,
      '',
      errors,
    );
  const readPreferred = (terms: readonly WeightedTerm[] | undefined, field: string) =>
    readTerms(pod, terms ?? [], field, '.podAffinityTerm', errors);
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution';
  const attract = read(podAffinity?.[required], `spec.affinity.podAffinity.${required}`);
  const avoid = read(podAntiAffinity?.[required], `spec.affinity.podAntiAffinity.${required}`);
  const prefer = [
    ...readPreferred(podAffinity?.[preferred], `spec.affinity.podAffinity.${preferred}`),
    ...readPreferred(podAntiAffinity?.[preferred], `spec.affinity.podAntiAffinity.${preferred}`).map(
      (term) => ({
        ...term,
        weight: -term.weight,
      }),
    ),
  ];
  if (errors.list.length > 0) return NO_TERMS;
  return bindTerms(attract, avoid, prefer, population);
}

function bindTerms(
  attract: readonly ReadTerm[],
  avoid: readonly ReadTerm[],
  prefer: readonly ReadTerm[],
  population: PodPopulation,
): PodAffinityTerms {
  const matcherOf = (...terms: ReadTerm[]): PodMatcher =>
    population.matcher({ all: terms.map(({ criterion }) => criterion), countsTerminating: true });
  const countPods = (matcher: PodMatcher, term: ReadTerm): DomainCounter =>
    population.podCounter(matcher, term.topologyKey);
  const attractMatcher = attract.length > 0 ? matcherOf(...attract) : undefined;
  const own = (terms: readonly ReadTerm[], kind: 'avoid' | 'attract' | 'prefer'): OwnedTerm[] =>
    terms.map((term) => ({
      counter: population.ownerCounter(matcherOf(term), kind, term.topologyKey),
      weight: term.weight,
    }));
  return {
    attractMatcher,
    attract: attractMatcher === undefined ? [] : attract.map((term) => countPods(attractMatcher, term)),
    avoid: avoid.map((term) => countPods(matcherOf(term), term)),
    prefer: prefer.map((term) => ({ counter: countPods(matcherOf(term), term), weight: term.weight })),
    owned: [...own(avoid, 'avoid'), ...own(attract, 'attract'), ...own(prefer, 'prefer')],
  };
}

interface WeightedTerm {
  readonly podAffinityTerm: PodAffinityTerm;
  readonly weight: number;
}

function readTerms(
  pod: Pod,
  terms: readonly WeightedTerm[],
  field: string,
  inside: string,
  errors: FieldErrors,
): ReadTerm[] {
  checkCount(terms, field, errors);
  return terms.map(({ podAffinityTerm, weight }, index) => {
    if (!isWeight(weight)) errors.invalid(`${field}[${index}].weight`, weight, 'must be in the range 1-100');
    return { ...readTerm(pod, podAffinityTerm, `${field}[${index}]${inside}`, errors), weight };
  });
}

function readTerm(
  pod: Pod,
  term: PodAffinityTerm,
  field: string,
  errors: FieldErrors,
): Omit<ReadTerm, 'weight'> {
  const { topologyKey, namespaces = [], matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  if (!topologyKey) errors.required(`${field}.topologyKey`, 'can not be empty');
  checkCount(namespaces, `${field}.namespaces`, errors);
  const selector = compileSelector(term.labelSelector, `${field}.labelSelector`, errors);
  const added: LabelRequirement[] = [];
  for (const key of matchLabelKeys) addByOwnLabel(pod, key, isOneOf, added);
  for (const key of mismatchLabelKeys) addByOwnLabel(pod, key, isNoneOf, added);
  const own = namespaces.length === 0 && term.namespaceSelector === undefined;
  return {
    topologyKey,
    criterion: {
      selector: selector && [...selector, ...added],
      namespaces: new Set(own ? [pod.metadata?.namespace ?? 'default'] : namespaces),
      namespaceSelector: compileSelector(term.namespaceSelector, `${field}.namespaceSelector`, errors),
    },
  };
}

function addByOwnLabel(
  pod: Pod,
  key: string,
  require: (key: string, values: readonly string[]) => LabelRequirement,
  added: LabelRequirement[],
): void {
  const labels = pod.metadata?.labels ?? {};
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  if (value !== undefined) added.push(require(key, [value]));
}
