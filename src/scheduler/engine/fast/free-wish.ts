/** What a pod wants when it depends on nothing but free CPU and memory, and on what nodes are by themselves. */
import type { PodShape } from '../pod/pod-shape.ts';
import type { NodeColumn } from '../state/node-column.ts';
import type { DefaultScoreTerms } from './default-scores.ts';
import type { Needs } from './free-bounds.ts';
import type { Steps } from './shape-plan.ts';

export interface ColumnScore {
  readonly column: NodeColumn;
  readonly weight: number;
  readonly normalisation: 'none' | 'share-of-largest' | 'reversed-share-of-largest';
}

/** Which nodes suit. */
export interface FreeFilter {
  /** Those whose numbers here are all 0. */
  readonly filters: readonly NodeColumn[];
  readonly needs: Needs;
}

export interface FreeWish extends FreeFilter {
  readonly scores: readonly ColumnScore[];
  readonly terms: DefaultScoreTerms;
}

/** Nothing when a step looks at more than that. */
export function freeWishOf({ filters, scores }: Steps, shape: PodShape): FreeWish | undefined {
  const filter = freeFilterOf(filters);
  if (filter === undefined) return undefined;
  const columns: ColumnScore[] = [];
  const weights = { 'least-allocated': 0, balanced: 0 };
  for (const { weight, step } of scores) {
    const { column, normalisation, fused } = step;
    if (fused !== undefined && weights[fused] === 0) weights[fused] = weight;
    else if (column !== undefined && typeof normalisation !== 'function') {
      columns.push({ column, weight, normalisation });
    } else return undefined;
  }
  const terms = {
    ...termsOf(shape),
    leastWeight: weights['least-allocated'],
    balancedWeight: weights.balanced,
  };
  return { ...filter, scores: columns, terms };
}

/** Nothing when a step looks at more than that. */
export function freeFilterOf(steps: Steps['filters']): FreeFilter | undefined {
  const filters: NodeColumn[] = [];
  let needs: Needs | undefined;
  for (const { step } of steps) {
    if (step.column !== undefined) filters.push(step.column);
    else if (step.needs !== undefined && needs === undefined) needs = step.needs;
    else return undefined;
  }
  return needs && { filters, needs };
}

/** What the pod adds to a node. */
export function termsOf({ requests, assumedCpu, assumedMemory }: PodShape) {
  return { cpu: requests.get('cpu') ?? 0, memory: requests.get('memory') ?? 0, assumedCpu, assumedMemory };
}
