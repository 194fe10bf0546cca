/**
 * Pods by group (namespace, labels, terminating) and the counters that follow them. What a counter counts is kept as
 * pods come and go, so that a decision's cost does not grow with the number of pods.
 */
import { type Labels, NO_LABELS } from '../pod/labels.ts';
import { DomainCounter } from './domain-counter.ts';
import type { NodeColumn } from './node-column.ts';
import type { NodeTable } from './node-table.ts';
import {
  criteriaKey,
  type OwnedTermKind,
  type PodCriteria,
  type PodGroupKey,
  PodMatcher,
} from './pod-matcher.ts';
import { Topology } from './topology.ts';

interface PodGroup extends PodGroupKey {
  /** Pods of the group by slot. */
  readonly population: Map<number, number>;
  /** Those that match the group. */
  readonly matchers: PodMatcher[];
}

/** Groups without pods are kept for the next pod of the template, up to so many groups. */
const MIN_GROUP_LIMIT = 20_000;

export class PodPopulation {
  readonly #nodes: NodeTable;
  readonly #groups = new Map<string, PodGroup>();
  readonly #matchers = new Map<string, PodMatcher>();
  readonly #topologies = new Map<string, Topology>();
  readonly #counters = new Map<PodMatcher, Map<string, DomainCounter>>();
  readonly #allCounters: DomainCounter[] = [];
  readonly #namespaces = new Map<string, Labels>();
  #groupLimit = MIN_GROUP_LIMIT;

  constructor(nodes: NodeTable) {
    this.#nodes = nodes;
  }

  topology(key: string): Topology {
    const known = this.#topologies.get(key);
    if (known !== undefined) return known;
    const topology = new Topology(key);
    this.#topologies.set(key, topology);
    for (const slot of this.#liveSlots()) topology.set(slot, this.#nodes.info(slot));
    return topology;
  }

  matcher(criteria: PodCriteria): PodMatcher {
    const key = criteriaKey(criteria);
    const known = this.#matchers.get(key);
    if (known !== undefined) return known;
    const matcher = new PodMatcher(criteria);
    this.#matchers.set(key, matcher);
    for (const group of this.#groups.values()) {
      if (this.#matches(matcher, group)) group.matchers.push(matcher);
    }
    return matcher;
  }

  /** Counts the pods that match, per domain, on nodes where `excluded` is 0. */
  podCounter(
    matcher: PodMatcher,
    topologyKey: string,
    excluded?: { key: string; column: NodeColumn },
  ): DomainCounter {
    return this.#counter(matcher, `pods ${topologyKey} ${excluded?.key ?? ''}`, () => {
      const counter = this.#newCounter(topologyKey, excluded?.column);
      matcher.counters.push(counter);
      for (const group of this.#groups.values()) {
        if (!group.matchers.includes(matcher)) continue;
        for (const [slot, pods] of group.population) counter.add(slot, pods, pods);
      }
      return counter;
    });
  }

  /** Adds up terms about pods that match, per domain of the terms' owners. It starts empty. */
  ownerCounter(matcher: PodMatcher, kind: OwnedTermKind, topologyKey: string): DomainCounter {
    return this.#counter(matcher, `${kind} ${topologyKey}`, () => {
      const counter = this.#newCounter(topologyKey, undefined);
      matcher.owners.push({ kind, counter });
      return counter;
    });
  }

  /** The matchers that mean pods of this group. */
  matchersOf(key: string, group: PodGroupKey): readonly PodMatcher[] {
    return this.#group(key, group).matchers;
  }

  addPods(key: string, groupKey: PodGroupKey, slot: number, pods: number): void {
    const group = this.#group(key, groupKey);
    const total = (group.population.get(slot) ?? 0) + pods;
    if (total === 0) group.population.delete(slot);
    else group.population.set(slot, total);
    for (const matcher of group.matchers) {
      for (const counter of matcher.counters) counter.add(slot, pods, pods);
    }
  }

  /** To be called while the node has no pods. */
  setNode(slot: number): void {
    const info = this.#nodes.info(slot);
    for (const topology of this.#topologies.values()) topology.set(slot, info);
    for (const counter of this.#allCounters) counter.addNode(slot);
  }

  /** To be called before the node's columns are cleared, while it has no pods. */
  clearNode(slot: number): void {
    for (const counter of this.#allCounters) counter.removeNode(slot);
    for (const topology of this.#topologies.values()) topology.clear(slot);
  }

  namespaceLabels(namespace: string): Labels {
    return this.#namespaces.get(namespace) ?? NO_LABELS;
  }

  /** What was counted by namespace labels is counted anew. */
  setNamespace(namespace: string, labels: Labels | undefined): void {
    if (labels === undefined) this.#namespaces.delete(namespace);
    else this.#namespaces.set(namespace, labels);
    for (const group of this.#groups.values()) {
      if (group.namespace === namespace) this.#rematch(group);
    }
  }

  /** What every counter says, by domain; two populations that saw the same say the same. */
  describe(): Record<string, Record<string, readonly [sum: number, nodes: number]>> {
    const described: Record<string, Record<string, readonly [number, number]>> = {};
    for (const [key, { missing }] of this.#topologies)
      described[`nodes without ${key}`] = { '': [0, missing] };
    for (const [matcherKey, matcher] of this.#matchers) {
      for (const [key, { topology, sums, nodes }] of this.#counters.get(matcher) ?? []) {
        const domains: Record<string, readonly [number, number]> = {};
        for (const [domain, value] of topology.values.entries()) {
          const entry = [sums[domain] ?? 0, nodes[domain] ?? 0] as const;
          if (entry[0] !== 0 || entry[1] !== 0) domains[value] = entry;
        }
        described[`${matcherKey} ${key}`] = domains;
      }
    }
    return described;
  }

  #rematch(group: PodGroup): void {
    this.#recount(group, -1);
    group.matchers.length = 0;
    for (const matcher of this.#matchers.values()) {
      if (this.#matches(matcher, group)) group.matchers.push(matcher);
    }
    this.#recount(group, 1);
  }

  #recount(group: PodGroup, sign: number): void {
    for (const matcher of group.matchers) {
      for (const counter of matcher.counters) {
        for (const [slot, pods] of group.population) counter.add(slot, sign * pods, sign * pods);
      }
    }
  }

  #group(key: string, { namespace, labels, terminating }: PodGroupKey): PodGroup {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    if (this.#groups.size >= this.#groupLimit) this.#dropEmptyGroups();
    const group: PodGroup = { namespace, labels, terminating, population: new Map(), matchers: [] };
    this.#groups.set(key, group);
    for (const matcher of this.#matchers.values()) {
      if (this.#matches(matcher, group)) group.matchers.push(matcher);
    }
    return group;
  }

  #dropEmptyGroups(): void {
    for (const [key, group] of this.#groups) {
      if (group.population.size === 0) this.#groups.delete(key);
    }
    this.#groupLimit = Math.max(MIN_GROUP_LIMIT, 2 * this.#groups.size);
  }

  #matches(matcher: PodMatcher, group: PodGroupKey): boolean {
    return matcher.matches(group, (namespace) => this.namespaceLabels(namespace));
  }

  #counter(matcher: PodMatcher, key: string, make: () => DomainCounter): DomainCounter {
    const counters = this.#counters.get(matcher) ?? new Map<string, DomainCounter>();
    this.#counters.set(matcher, counters);
    const counter = counters.get(key) ?? make();
    counters.set(key, counter);
    return counter;
  }

  #newCounter(topologyKey: string, excluded: NodeColumn | undefined): DomainCounter {
    const counter = new DomainCounter(this.topology(topologyKey), excluded);
    counter.reserve();
    for (const slot of this.#liveSlots()) counter.addNode(slot);
    this.#allCounters.push(counter);
    return counter;
  }

  *#liveSlots(): Generator<number> {
    for (let index = 0; index < this.#nodes.count; index++) yield this.#nodes.live[index] ?? 0;
  }
}
