/** How free or full nodes should be preferred. */
import type { PodShape } from '../pod/pod-shape.ts';
import type { ScoreStep } from '../plugin.ts';
import type { ClusterSnapshot } from '../snapshot.ts';
import { CPU, MEMORY } from '../state/resource-table.ts';

export interface ResourceWeight {
  readonly name: string;
  readonly weight: number;
}

export interface UtilisationPoint {
  /** In percent. */
  readonly utilization: number;
  /** 0..10 */
  readonly score: number;
}

export type ScoringStrategy =
  | { readonly type: 'LeastAllocated' | 'MostAllocated'; readonly resources: readonly ResourceWeight[] }
  | {
      readonly type: 'RequestedToCapacityRatio';
      readonly resources: readonly ResourceWeight[];
      readonly shape: readonly UtilisationPoint[];
    };

export const DEFAULT_STRATEGY: ScoringStrategy = {
  type: 'LeastAllocated',
  resources: [
    { name: 'cpu', weight: 1 },
    { name: 'memory', weight: 1 },
  ],
};

/** A node's score by one resource, 0..100. */
export type ResourceScorer = (requested: number, capacity: number) => number;

export function resourceScorer(strategy: ScoringStrategy): ResourceScorer {
  switch (strategy.type) {
    case 'LeastAllocated':
      return (requested, capacity) =>
        requested > capacity ? 0 : Math.floor(((capacity - requested) * 100) / capacity);
    case 'MostAllocated':
      return (requested, capacity) => Math.floor((Math.min(requested, capacity) * 100) / capacity);
    case 'RequestedToCapacityRatio': {
      const { shape } = strategy;
      return (requested, capacity) =>
        interpolate(shape, requested > capacity ? 100 : Math.floor((requested * 100) / capacity));
    }
  }
}

/** The scores 0..100 by utilisation in percent. */
export function interpolated(shape: readonly UtilisationPoint[]): (utilisation: number) => number {
  return (utilisation) => interpolate(shape, utilisation);
}

/** A broken line through the shape's points, whose scores 0..10 become 0..100. */
function interpolate(shape: readonly UtilisationPoint[], utilisation: number): number {
  let previous: UtilisationPoint | undefined;
  for (const point of shape) {
    if (utilisation <= point.utilization) {
      if (previous === undefined) return point.score * 10;
      const rise = (point.score - previous.score) * 10 * (utilisation - previous.utilization);
      return previous.score * 10 + Math.trunc(rise / (point.utilization - previous.utilization));
    }
    previous = point;
  }
  return (previous?.score ?? 0) * 10;
}

/** One resource of a strategy, with what the pod adds to it. */
interface Term {
  readonly weight: number;
  readonly added: number;
  readonly allocatable: () => Float64Array;
  readonly requested: () => Float64Array;
  readonly percent: () => Float64Array;
  readonly largest: () => number;
}

export function scoreByStrategy(
  snapshot: ClusterSnapshot,
  shape: PodShape,
  strategy: ScoringStrategy,
): ScoreStep {
  const terms = strategy.resources.flatMap(({ name, weight }) => termOf(snapshot, shape, name, weight) ?? []);
  const scorer = resourceScorer(strategy);
  const [first, second] = terms;
  const plain = strategy.type === 'LeastAllocated' && terms.length === 2 && first?.weight === second?.weight;
  const isExact = (): boolean => terms.every((term) => term.largest() < MAX_EXACT);
  return {
    normalisation: 'none',
    score(nodes, count, scores) {
      if (plain && first && second && isExact()) scoreTwoLeast(first, second, nodes, count, scores);
      else scoreAny(terms, scorer, strategy.type, nodes, count, scores);
    },
  };
}

function termOf(snapshot: ClusterSnapshot, shape: PodShape, name: string, weight: number): Term | undefined {
  const { nodes } = snapshot;
  const column = nodes.column(name);
  const none = new Float64Array(0);
  const of = {
    weight,
    allocatable: (): Float64Array => nodes.allocatable[column] ?? none,
    percent: (): Float64Array => nodes.percent[column] ?? none,
    largest: (): number => nodes.largest[column] ?? 0,
  };
  if (column === CPU) return { ...of, added: shape.assumedCpu, requested: () => nodes.assumedCpu };
  if (column === MEMORY) return { ...of, added: shape.assumedMemory, requested: () => nodes.assumedMemory };
  const index = shape.columns.indexOf(column);
  if (index < 0 && isScalar(name)) return undefined;
  const added = shape.amounts[index] ?? 0;
  return { ...of, added, requested: () => nodes.requested[column] ?? none };
}

/** Extended resources and huge pages score only for pods that ask for them. */
function isScalar(name: string): boolean {
  return name.includes('/') || name.startsWith('hugepages-');
}

function scoreAny(
  terms: readonly Term[],
  scorer: ResourceScorer,
  type: ScoringStrategy['type'],
  nodes: Int32Array,
  count: number,
  scores: Float64Array,
): void {
  for (let index = 0; index < count; index++) {
    const node = nodes[index] ?? 0;
    let sum = 0;
    let weights = 0;
    for (const term of terms) {
      const capacity = term.allocatable()[node] ?? 0;
      if (capacity === 0) continue;
      const score = scorer((term.requested()[node] ?? 0) + term.added, capacity);
      if (type === 'RequestedToCapacityRatio' && score <= 0) continue;
      sum += score * term.weight;
      weights += term.weight;
    }
    const mean = weights === 0 ? 0 : sum / weights;
    scores[index] = type === 'RequestedToCapacityRatio' ? Math.round(mean) : Math.floor(mean);
  }
}

/** Beyond this, a product with a hundredth is no longer close enough to the quotient. */
const MAX_EXACT = 2 ** 42;

/**
 * The default, by itself because it is what nearly all clusters use. Amounts are whole, so a quotient is at least
 * 1 / capacity away from the next whole number above: adding half of that and rounding down gives the quotient exactly.
 */
function scoreTwoLeast(
  first: Term,
  second: Term,
  nodes: Int32Array,
  count: number,
  scores: Float64Array,
): void {
  const capacities1 = first.allocatable();
  const capacities2 = second.allocatable();
  const requested1 = first.requested();
  const requested2 = second.requested();
  const percent1 = first.percent();
  const percent2 = second.percent();
  const added1 = first.added - 0.005;
  const added2 = second.added - 0.005;
  for (let index = 0; index < count; index++) {
    const node = nodes[index] as number;
    const share1 = percent1[node] as number;
    const share2 = percent2[node] as number;
    const free1 = (capacities1[node] as number) - (requested1[node] as number) - added1;
    const free2 = (capacities2[node] as number) - (requested2[node] as number) - added2;
    const score1 = free1 > 0 ? Math.floor(free1 * share1) : 0;
    const score2 = free2 > 0 ? Math.floor(free2 * share2) : 0;
    if (share1 === 0) scores[index] = score2;
    else if (share2 === 0) scores[index] = score1;
    else scores[index] = (score1 + score2) >> 1;
  }
}
