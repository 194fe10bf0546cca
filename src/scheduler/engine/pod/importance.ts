import type { PodInfo } from './pod-info.ts';

/** Higher priority first, then who started earlier; who has not started comes last. */
export function byImportance(a: PodInfo, b: PodInfo): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  const [startA, startB] = [startOf(a), startOf(b)];
  if (startA === startB) return a.key < b.key ? -1 : 1;
  return startA < startB ? -1 : 1;
}

/** In milliseconds since the epoch. */
export function startOf({ startedMs }: PodInfo): number {
  return startedMs === 0 ? Number.POSITIVE_INFINITY : startedMs;
}
