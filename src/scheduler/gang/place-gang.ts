/**
 * Places a gang whole or not at all. First pod by pod, as a single pod would go; where that fails in one domain after
 * the other of the topologies that hold the gang together; at last by search, within a bound.
 */
import type { PodInfo } from '../engine/pod/pod-info.ts';
import type { SchedulingEngine } from '../engine/schedule-pod.ts';
import { NO_DOMAIN } from '../engine/state/topology.ts';
import { type Assignment, type NodeLimit, searchPlacement } from './gang-search.ts';
import type { Gang } from './pod-group.ts';

export interface GangOptions {
  /** How many placements of single pods the search may try; unless told 20,000, fewer on clusters over 100 nodes. */
  readonly maxSteps?: number;
}

export type GangDecision = GangPlacement | GangRefusal;

export interface GangPlacement {
  readonly outcome: 'placed';
  /** In an order in which each pod suits its node; place them so. */
  readonly assignments: readonly { readonly pod: PodInfo; readonly node: string; readonly slot: number }[];
}

export interface GangRefusal {
  readonly outcome: 'refused';
  /** `members`: too few pods; `placement`: there is no placement; `bound`: none was found before the search ended. */
  readonly reason: 'members' | 'placement' | 'bound';
  readonly needed: number;
  /** How many pods there are, or how many at most found a place. */
  readonly reached: number;
}

const MAX_STEPS = 20_000;
const MIN_STEPS = 200;

/** Each step looks at all nodes. */
function defaultSteps({ snapshot }: SchedulingEngine): number {
  return Math.max(MIN_STEPS, Math.min(MAX_STEPS, Math.floor((100 * MAX_STEPS) / snapshot.nodes.count)));
}

/**
 * Where the waiting pods of a gang go. Pods of it that are on nodes count, and hold the gang to their domain. The
 * snapshot stays as it is.
 * @throws PeapodError `Invalid` when there is no profile for a pod
 */
export function decideGang(
  engine: SchedulingEngine,
  gang: Gang,
  waiting: readonly PodInfo[],
  options: GangOptions = {},
): GangDecision {
  const placed = engine.snapshot.gangMembers(gang.key);
  const needed = Math.max(0, gang.minCount - placed.length);
  const pods = waiting.filter(({ template }) => template.gates.length === 0);
  if (pods.length < needed || pods.length === 0) {
    return {
      outcome: 'refused',
      reason: 'members',
      needed: gang.minCount,
      reached: pods.length + placed.length,
    };
  }
  const { maxSteps = defaultSteps(engine) } = options;
  let best: readonly Assignment[] = [];
  let exhaustive = true;
  const domains = domainsOf(engine, gang, placed);
  for (const limit of domains) {
    const result = placeWithin(engine, pods, limit, Math.ceil(maxSteps / domains.length));
    exhaustive &&= result.exhaustive;
    if (result.assignments.length > best.length) best = result.assignments;
    if (best.length === pods.length) break;
  }
  if (best.length < Math.max(1, needed)) {
    const reason = exhaustive ? 'placement' : 'bound';
    return { outcome: 'refused', reason, needed: gang.minCount, reached: best.length + placed.length };
  }
  return {
    outcome: 'placed',
    assignments: best.map(({ pod, slot }) => ({ pod, slot, node: engine.snapshot.nodes.info(slot).name })),
  };
}

/** Which nodes the gang may be limited to, one after the other; without a topology constraint, all. */
function domainsOf(engine: SchedulingEngine, { topologyKey }: Gang, placed: readonly PodInfo[]): NodeLimit[] {
  if (topologyKey === undefined) return [undefined];
  const topology = engine.snapshot.population.topology(topologyKey);
  const domains =
    placed.length > 0
      ? placed.map(({ slot }) => topology.domainOf[slot] ?? NO_DOMAIN)
      : [...topology.values.keys()];
  return [...new Set(domains)]
    .filter((domain) => domain !== NO_DOMAIN)
    .map((domain) => (slot: number) => topology.domainOf[slot] === domain);
}

interface Attempt {
  readonly assignments: readonly Assignment[];
  readonly exhaustive: boolean;
}

function placeWithin(
  engine: SchedulingEngine,
  pods: readonly PodInfo[],
  limit: NodeLimit,
  maxSteps: number,
): Attempt {
  let best: readonly Assignment[] = [];
  for (const order of ordersOf(engine, pods)) {
    for (const narrowed of [limit, ...impliedDomains(engine, pods, limit)]) {
      const assignments = placeInTurn(engine, order, narrowed);
      if (assignments.length === pods.length) return { assignments, exhaustive: true };
      if (assignments.length > best.length) best = assignments;
    }
  }
  const searched = searchPlacement(engine, pods, limit, maxSteps);
  return searched.assignments.length > best.length
    ? searched
    : { assignments: best, exhaustive: searched.exhaustive };
}

/** As they came, and the largest first. */
function ordersOf({ snapshot }: SchedulingEngine, pods: readonly PodInfo[]): (readonly PodInfo[])[] {
  const { resources } = snapshot.nodes;
  const largest = new Map<number, number>();
  for (const { template } of pods) {
    for (const [index, column] of template.shape.columns.entries()) {
      largest.set(column, Math.max(largest.get(column) ?? 0, template.shape.amounts[index] ?? 0));
    }
  }
  const sizeOf = ({ template }: PodInfo): number =>
    resources.names.reduce((sum, _, column) => {
      const amount = template.shape.amounts[template.shape.columns.indexOf(column)] ?? 0;
      return amount === 0 ? sum : sum + amount / (largest.get(column) ?? 1);
    }, 0);
  const sizes = new Map(pods.map((pod) => [pod, sizeOf(pod)]));
  const bySize = pods.toSorted((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0));
  return bySize.every((pod, index) => pod === pods[index]) ? [pods] : [pods, bySize];
}

const MAX_IMPLIED_DOMAINS = 256;

/** Pods that attract each other end up in one domain: trying domains one by one is a short way to it. */
function impliedDomains(engine: SchedulingEngine, pods: readonly PodInfo[], limit: NodeLimit): NodeLimit[] {
  const topologies = new Set(
    pods.flatMap(({ template }) => template.affinity.attract.map(({ topology }) => topology)),
  );
  return [...topologies].flatMap((topology) => {
    const { values } = topology;
    if (values.length > MAX_IMPLIED_DOMAINS) return [];
    return values.map((_, domain): NodeLimit => {
      const inDomain = (slot: number): boolean => topology.domainOf[slot] === domain;
      return limit === undefined ? inDomain : (slot) => inDomain(slot) && limit(slot);
    });
  });
}

/** Each where it likes best, passing over those that fit nowhere. */
function placeInTurn(engine: SchedulingEngine, pods: readonly PodInfo[], limit: NodeLimit): Assignment[] {
  const { snapshot } = engine;
  return snapshot.attempt(() => {
    const assignments: Assignment[] = [];
    let left = [...pods];
    for (;;) {
      const missed: PodInfo[] = [];
      for (const pod of left) {
        const decision = limit === undefined ? engine.decide(pod) : engine.decideWithin(pod, limit);
        if (decision.outcome === 'refused') {
          missed.push(pod);
          continue;
        }
        const slot = snapshot.slotOf(decision.node);
        snapshot.place(pod, slot);
        assignments.push({ pod, slot });
      }
      if (missed.length === 0 || missed.length === left.length) return assignments;
      left = missed;
    }
  });
}
