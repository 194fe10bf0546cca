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

export interface FreeWish {
  /** Nodes suit whose numbers here are all 0. */
  readonly filters: readonly NodeColumn[];
  readonly scores: readonly ColumnScore[];
  readonly needs: Needs;
  readonly terms: DefaultScoreTerms;
}

/** Nothing when a step looks at more than that. */
export function freeWishOf(steps: Steps, shape: PodShape): FreeWish | undefined {
  const filters: NodeColumn[] = [];
  let needs: Needs | undefined;
  for (const { step } of steps.filters) {
    if (step.column !== undefined) filters.push(step.column);
    else if (step.needs !== undefined && needs === undefined) needs = step.needs;
    else return undefined;
  }
  const scores: ColumnScore[] = [];
  const weights = { 'least-allocated': 0, balanced: 0 };
  for (const { weight, step } of steps.scores) {
    const { column, normalisation, fused } = step;
    if (fused !== undefined && weights[fused] === 0) weights[fused] = weight;
    else if (column !== undefined && typeof normalisation !== 'function') {
      scores.push({ column, weight, normalisation });
    } else return undefined;
  }
  if (needs === undefined) return undefined;
  const terms = {
    ...termsOf(shape),
    leastWeight: weights['least-allocated'],
    balancedWeight: weights.balanced,
  };
  return { filters, scores, needs, terms };
}

/** What the pod adds to a node. */
export function termsOf({ requests, assumedCpu, assumedMemory }: PodShape) {
  return { cpu: requests.get('cpu') ?? 0, memory: requests.get('memory') ?? 0, assumedCpu, assumedMemory };
}
