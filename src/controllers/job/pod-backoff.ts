import type { Job, Pod } from '../../model/api/types.ts';
import { finishedMs, hasFailed, historyOf, isSentAway } from './job-pods.ts';

const FIRST_MS = 10_000;
const MOST_MS = 360_000;

/** How long a job waits before it makes pods again: twice as long with each failure since the last success. */
export function backoffMs(job: Job, pods: readonly Pod[], nowMs: number): number {
  const successes = pods.filter(({ status }) => status?.phase === 'Succeeded').map(finishedMs);
  const lastSuccess = Math.max(-Infinity, ...successes);
  const failures = pods
    .filter((pod) => hasFailed(pod, job) && !isSentAway(pod))
    .map(finishedMs)
    .filter((end) => end > lastSuccess);
  return remaining(failures.length, Math.max(...failures), nowMs);
}

/** The same for an index whose pods are counted for themselves. @param pod the last that failed */
export function indexBackoffMs(pod: Pod, nowMs: number): number {
  const { failures, ignored } = historyOf(pod);
  return remaining(failures + ignored + 1, finishedMs(pod), nowMs);
}

function remaining(failures: number, lastMs: number, nowMs: number): number {
  if (failures === 0) return 0;
  return Math.max(0, lastMs + Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1)) - nowMs);
}
