/**
 * @see kubernetes/pkg/scheduler/framework/plugins/interpodaffinity
 */
import type { Rejection } from '../decision.ts';
import type { PodInfo } from '../pod/pod-info.ts';
import type { FilterStep, PluginContext, SchedulerPlugin, ScoreStep } from '../plugin.ts';
import type { ClusterSnapshot } from '../snapshot.ts';
import type { DomainCounter } from '../state/domain-counter.ts';
import type { OwnedTermKind } from '../state/pod-matcher.ts';
import { NO_DOMAIN } from '../state/topology.ts';

export interface InterPodAffinityOptions {
  /** What a required affinity of a pod on a node weighs for pods that it means, 0..100; 1 unless told. */
  readonly hardPodAffinityWeight?: number;
  /** Whether preferred terms of pods on nodes count only for pods that have preferred terms themselves. */
  readonly ignorePreferredTermsOfExistingPods?: boolean;
}

/** Pods near to, and far from, other pods; what pods on nodes require of new ones holds as well. */
export function interPodAffinity(options: InterPodAffinityOptions = {}): SchedulerPlugin {
  return {
    name: 'InterPodAffinity',
    scope: 'cluster',
    events: [
      'NodeAdded',
      'NodeLabelsChanged',
      'PodAdded',
      'PodDeleted',
      'PodLabelsChanged',
      'NamespaceChanged',
    ],
    filter: filterStep,
    score: (context) => scoreStep(context, options),
  };
}

/** The counters of terms, of pods on nodes, that mean this pod. */
function ownersAbout({ snapshot, pod }: PluginContext, kind: OwnedTermKind): DomainCounter[] {
  const { groupKey, namespace, labels } = pod.template;
  const found: DomainCounter[] = [];
  const group = { namespace, labels, terminating: false };
  for (const matcher of snapshot.population.matchersOf(groupKey, group)) {
    for (const owner of matcher.owners) {
      if (owner.kind === kind && owner.counter.entries > 0) found.push(owner.counter);
    }
  }
  return found;
}

function filterStep(context: PluginContext): FilterStep | undefined {
  const { snapshot, pod } = context;
  const { attract, avoid } = pod.template.affinity;
  const shunned = ownersAbout(context, 'avoid');
  if (attract.length === 0 && avoid.length === 0 && shunned.length === 0) return undefined;
  const isFirst = isFirstOfItsKind(snapshot, pod);
  return {
    narrow(nodes, count) {
      let left = count;
      for (const counter of attract) left = keepDomains(counter, isFirst ? 'any' : 'with', nodes, left);
      for (const counter of avoid) left = keepDomains(counter, 'without', nodes, left);
      for (const counter of shunned) left = keepDomains(counter, 'without', nodes, left);
      return left;
    },
    explain(node) {
      const near = attract.find((counter) => !holds(counter, isFirst ? 'any' : 'with', node));
      if (near) return rejection("node(s) didn't match pod affinity rules", near, node, false);
      const far = avoid.find((counter) => !holds(counter, 'without', node));
      if (far) return rejection("node(s) didn't match pod anti-affinity rules", far, node, true);
      const unwanted = shunned.find((counter) => !holds(counter, 'without', node));
      if (unwanted === undefined) return undefined;
      return rejection("node(s) didn't satisfy existing pods anti-affinity rules", unwanted, node, true);
    },
  };
}

/** A pod that is attracted by pods like itself, of which there are none yet, may be the first. */
function isFirstOfItsKind({ population }: ClusterSnapshot, { template }: PodInfo): boolean {
  const { attract, attractMatcher } = template.affinity;
  if (attractMatcher === undefined || attract.some((counter) => counter.entries > 0)) return false;
  const { namespace, labels } = template;
  const group = { namespace, labels, terminating: false };
  return attractMatcher.matches(group, (name) => population.namespaceLabels(name));
}

/** What is asked of the node's domain: that it is one, that pods are in it, or that there are none. */
type Demand = 'any' | 'with' | 'without';

function holds({ topology, sums }: DomainCounter, demand: Demand, node: number): boolean {
  const domain = topology.domainOf[node] ?? NO_DOMAIN;
  if (domain === NO_DOMAIN) return demand === 'without';
  return demand === 'any' || (sums[domain] ?? 0) > 0 === (demand === 'with');
}

function keepDomains(counter: DomainCounter, demand: Demand, nodes: Int32Array, count: number): number {
  if (demand === 'without' && counter.entries === 0) return count;
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const node = nodes[index] ?? 0;
    if (holds(counter, demand, node)) nodes[kept++] = node;
  }
  return kept;
}

function rejection(
  reason: string,
  { topology }: DomainCounter,
  node: number,
  preemptible: boolean,
): Rejection {
  const domain = topology.values[topology.domainOf[node] ?? NO_DOMAIN];
  return {
    reasons: [reason],
    preemptible,
    details: [{ kind: 'affinity', topologyKey: topology.key, domain }],
  };
}

function scoreStep(context: PluginContext, options: InterPodAffinityOptions): ScoreStep | undefined {
  const { hardPodAffinityWeight = 1, ignorePreferredTermsOfExistingPods = false } = options;
  const { prefer } = context.pod.template.affinity;
  const terms = prefer.map(({ counter, weight }) => ({ counter, weight }));
  if (!ignorePreferredTermsOfExistingPods || prefer.length > 0) {
    for (const counter of ownersAbout(context, 'prefer')) terms.push({ counter, weight: 1 });
    if (hardPodAffinityWeight > 0) {
      for (const counter of ownersAbout(context, 'attract'))
        terms.push({ counter, weight: hardPodAffinityWeight });
    }
  }
  const active = terms.filter(({ counter }) => counter.entries > 0);
  if (active.length === 0) return undefined;
  return {
    normalisation: spreadOut,
    score(nodes, count, scores) {
      scores.fill(0, 0, count);
      for (const { counter, weight } of active) addSums(counter, weight, nodes, count, scores);
    },
  };
}

function addSums(
  { topology, sums }: DomainCounter,
  weight: number,
  nodes: Int32Array,
  count: number,
  scores: Float64Array,
): void {
  const { domainOf } = topology;
  for (let index = 0; index < count; index++) {
    const domain = domainOf[nodes[index] as number] ?? NO_DOMAIN;
    if (domain >= 0) scores[index] = (scores[index] as number) + weight * (sums[domain] ?? 0);
  }
}

/** The least becomes 0, the largest 100. */
function spreadOut(_nodes: Int32Array, count: number, scores: Float64Array): void {
  let least = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++) {
    const score = scores[index] ?? 0;
    if (score < least) least = score;
    if (score > largest) largest = score;
  }
  const range = largest - least;
  for (let index = 0; index < count; index++) {
    scores[index] = range > 0 ? Math.trunc(100 * (((scores[index] ?? 0) - least) / range)) : 0;
  }
}
