/**
 * @see kubernetes/pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go
 */
import type { PodShape } from '../pod/pod-shape.ts';
import type { SchedulerPlugin } from '../plugin.ts';
import type { ClusterSnapshot } from '../snapshot.ts';

const DEFAULT_RESOURCES = ['cpu', 'memory'];

/** Nodes whose resources would be used to like shares score; pods that ask for nothing don't care. */
export function balancedAllocation(resources: readonly string[] = DEFAULT_RESOURCES): SchedulerPlugin {
  const plain = resources.length === 2 && resources[0] === 'cpu' && resources[1] === 'memory';
  return {
    name: 'NodeResourcesBalancedAllocation',
    scope: 'node',
    events: [],
    score({ pod, snapshot }) {
      const { shape } = pod.template;
      if (shape.bestEffort) return undefined;
      const columns = columnsOf(snapshot, shape, resources);
      const added = columns.map((column) => shape.amounts[shape.columns.indexOf(column)] ?? 0);
      return {
        normalisation: 'none',
        ...(plain && { fused: 'balanced' as const }),
        score: (nodes, count, scores) => scoreAny(snapshot, columns, added, nodes, count, scores),
      };
    },
  };
}

function columnsOf(snapshot: ClusterSnapshot, shape: PodShape, resources: readonly string[]): number[] {
  return resources
    .map((name) => snapshot.nodes.column(name))
    .filter((column, index) => {
      const name = resources[index] ?? '';
      const scalar = name.includes('/') || name.startsWith('hugepages-');
      return !scalar || shape.columns.includes(column);
    });
}

function scoreAny(
  { nodes: table }: ClusterSnapshot,
  columns: readonly number[],
  added: readonly number[],
  nodes: Int32Array,
  count: number,
  scores: Float64Array,
): void {
  for (let index = 0; index < count; index++) {
    const node = nodes[index] ?? 0;
    const shares: number[] = [];
    for (const [place, column] of columns.entries()) {
      const capacity = table.allocatable[column]?.[node] ?? 0;
      if (capacity === 0) continue;
      const used = (table.requested[column]?.[node] ?? 0) + (added[place] ?? 0);
      shares.push(Math.min(used / capacity, 1));
    }
    scores[index] = Math.floor((1 - deviation(shares)) * 100);
  }
}

/** The standard deviation; for two, half the difference. */
export function deviation(shares: readonly number[]): number {
  const [first = 0, second = 0] = shares;
  if (shares.length < 2) return 0;
  if (shares.length === 2) return Math.abs((first - second) / 2);
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const squares = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0);
  return Math.sqrt(squares / shares.length);
}
