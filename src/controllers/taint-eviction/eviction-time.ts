import type { Pod, Taint } from '../../model/api/types.ts';
import { tolerates } from '../../model/tolerations.ts';

/**
 * When a pod is to leave a node of these taints: now (0), at a time in milliseconds, or never (nothing). The times run from
 * when a taint was added, whoever counts them.
 * @param nowMs stands for what a taint does not say
 * @see kubernetes/pkg/controller/tainteviction/taint_eviction.go processPodOnNode
 */
export function evictionTime({ spec }: Pod, taints: readonly Taint[], nowMs: number): number | undefined {
  const tolerations = spec?.tolerations ?? [];
  let leaveMs: number | undefined;
  for (const taint of taints.filter(({ effect }) => effect === 'NoExecute')) {
    const bearing = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (bearing.length === 0) return 0;
    const seconds = bearing.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
    if (seconds.length === 0) continue;
    const addedMs = Date.parse(taint.timeAdded ?? '');
    const untilMs = (Number.isNaN(addedMs) ? nowMs : addedMs) + Math.max(0, Math.min(...seconds)) * 1000;
    leaveMs = Math.min(leaveMs ?? Infinity, untilMs);
  }
  return leaveMs;
}
