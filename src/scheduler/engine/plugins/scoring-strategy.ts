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
}

export function scoreByStrategy(
  snapshot: ClusterSnapshot,
  shape: PodShape,
  strategy: ScoringStrategy,
): ScoreStep {
  const terms = strategy.resources.flatMap(({ name, weight }) => termOf(snapshot, shape, name, weight) ?? []);
  const scorer = resourceScorer(strategy);
  const isDefault =
    strategy.type === 'LeastAllocated' &&
    strategy.resources.length === 2 &&
    strategy.resources[0]?.name === 'cpu' &&
    strategy.resources[1]?.name === 'memory' &&
    strategy.resources[0].weight === strategy.resources[1].weight;
  return {
    normalisation: 'none',
    ...(isDefault && { fused: 'least-allocated' as const }),
    score: (nodes, count, scores) => scoreAny(terms, scorer, strategy.type, nodes, count, scores),
  };
}

function termOf(snapshot: ClusterSnapshot, shape: PodShape, name: string, weight: number): Term | undefined {
  const { nodes } = snapshot;
  const column = nodes.column(name);
  const none = new Float64Array(0);
  const of = {
    weight,
    allocatable: (): Float64Array => nodes.allocatable[column] ?? none,
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
