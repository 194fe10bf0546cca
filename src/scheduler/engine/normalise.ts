/**
 * Brings raw scores into 0..100.
 * @see kubernetes/pkg/scheduler/framework/plugins/helper/normalize_score.go
 */
import type { Normalisation } from './plugin.ts';

export function normaliseScores(
  normalisation: Normalisation,
  nodes: Int32Array,
  count: number,
  scores: Float64Array,
): void {
  if (normalisation === 'none') return;
  if (typeof normalisation === 'function') {
    normalisation(nodes, count, scores);
    return;
  }
  let largest = 0;
  for (let index = 0; index < count; index++) largest = Math.max(largest, scores[index] ?? 0);
  for (let index = 0; index < count; index++) {
    scores[index] = normaliseOne(normalisation, scores[index] ?? 0, largest);
  }
}

export function normaliseOne(normalisation: Normalisation, raw: number, largest: number): number {
  const share = largest === 0 ? 0 : Math.trunc((raw * 100) / largest);
  return normalisation === 'reversed-share-of-largest' ? 100 - share : share;
}
