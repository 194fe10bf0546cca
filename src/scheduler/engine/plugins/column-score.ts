import type { Normalisation, ScoreStep } from '../plugin.ts';
import type { NodeColumn } from '../state/node-column.ts';

/** Scores nodes by their numbers. */
export function scoreByColumn(column: NodeColumn, normalisation: Normalisation): ScoreStep {
  return {
    column,
    normalisation,
    uniform() {
      if (column.nonZero > 0) return undefined;
      return normalisation === 'reversed-share-of-largest' ? 100 : 0;
    },
    score(nodes, count, scores) {
      const { values } = column;
      for (let index = 0; index < count; index++) scores[index] = values[nodes[index] ?? 0] ?? 0;
    },
  };
}
