import type { Pod, PodCondition } from '../api/types.ts';
import { apiTime } from './pod-conditions.ts';

/** The pod with one condition set; its transition time changes only with its status. */
export function podWithCondition(
  pod: Pod,
  wanted: Pick<PodCondition, 'type' | 'status'> & Partial<PodCondition>,
  nowMs: number,
): Pod {
  const conditions = pod.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === wanted.type);
  const kept = before?.status === wanted.status ? before.lastTransitionTime : undefined;
  const condition: PodCondition = { lastTransitionTime: kept ?? apiTime(nowMs), ...wanted };
  const others = conditions.filter(({ type }) => type !== wanted.type);
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } };
}
