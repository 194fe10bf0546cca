/**
 * Why a pod is pending, in kube-scheduler's one line.
 * @see kubernetes/pkg/scheduler/framework/types.go FitError
 */
import type { NodeRejection } from './decision.ts';

export function summarise(
  nodeCount: number,
  rejections: readonly NodeRejection[],
  gates: readonly string[] = [],
): string {
  if (gates.length > 0) return `waiting for scheduling gates: [${gates.join(' ')}]`;
  if (nodeCount === 0) return 'no nodes available to schedule pods';
  const counts = new Map<string, number>();
  for (const reason of rejections.flatMap(({ reasons }) => reasons)) {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodeCount} nodes are available: ${reasons.join(', ')}.`;
}
