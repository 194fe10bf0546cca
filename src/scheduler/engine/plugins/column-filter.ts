import type { Rejection } from '../decision.ts';
import type { FilterStep } from '../plugin.ts';
import type { NodeColumn } from '../state/node-column.ts';

/** Keeps the nodes whose number is 0. */
export function filterByColumn(column: NodeColumn, explain: (node: number) => Rejection): FilterStep {
  return {
    column,
    explain: (node) => (column.values[node] === 0 ? undefined : explain(node)),
    narrow(nodes, count) {
      if (column.nonZero === 0) return count;
      const { values } = column;
      let kept = 0;
      for (let index = 0; index < count; index++) {
        const node = nodes[index] ?? 0;
        if (values[node] === 0) nodes[kept++] = node;
      }
      return kept;
    },
  };
}
