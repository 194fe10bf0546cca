/** Which pods a job makes and which it does not need. @see kubernetes/pkg/controller/job/job_controller.go manageJob */
import type { Job, Pod } from '../../model/api/types.ts';
import { byExpendability, isActive } from '../pod-states.ts';
import { type Counted, isIndexed, nextHistory } from './count-pods.ts';
import { indexOf, isLeaving, podOfIndex, podOfJob } from './job-pods.ts';
import { backoffMs, indexBackoffMs } from './pod-backoff.ts';

/** At most so many pods are made or deleted at a time. */
const BURST = 500;

export interface PodsPlan {
  readonly create: readonly Pod[];
  readonly remove: readonly Pod[];
  /** After a failure pods are not made at once. */
  readonly againAfterMs?: number;
}

/** @param job without a verdict */
export function planPods(job: Job, pods: readonly Pod[], counted: Counted, nowMs: number): PodsPlan {
  const active = pods.filter(isActive);
  if (job.spec?.suspend === true) return { create: [], remove: active.slice(0, BURST) };
  const wanted = wantedPods(job, active.length, counted);
  const misplaced = isIndexed(job) ? misplacedPods(job, active, counted) : [];
  const surplus = Math.max(0, active.length - misplaced.length - wanted);
  const others = active.filter((pod) => !misplaced.includes(pod)).toSorted(byExpendability);
  const remove = [...misplaced, ...others.slice(0, surplus)].slice(0, BURST);
  if (remove.length > 0) return { create: [], remove };
  const waits = job.spec?.podReplacementPolicy === 'Failed' ? pods.filter(isLeaving) : [];
  const missing = Math.min(BURST, wanted - active.length - waits.length);
  if (missing <= 0) return { create: [], remove: [] };
  if (isIndexed(job)) return planIndexes(job, pods, counted, missing, nowMs);
  const waitMs = backoffMs(job, pods, nowMs);
  if (waitMs > 0) return { create: [], remove: [], againAfterMs: waitMs };
  return { create: Array.from({ length: missing }, () => podOfJob(job)), remove: [] };
}

function wantedPods({ spec }: Job, active: number, counted: Counted): number {
  const { parallelism = 1, completions } = spec ?? {};
  const succeeded = counted.succeeded + counted.notedSucceeded.length;
  if (completions === undefined) return succeeded > 0 ? Math.min(active, parallelism) : parallelism;
  return Math.max(0, Math.min(parallelism, completions - succeeded - counted.failedIndexes.size));
}

/** Pods of no index, of one that is done, and all but the oldest of each other. */
function misplacedPods({ spec }: Job, active: readonly Pod[], counted: Counted): Pod[] {
  const taken = new Set<number>();
  const done = counted.succeededIndexes.union(counted.failedIndexes);
  return active.toSorted(byAge).filter((pod) => {
    const index = indexOf(pod);
    const isRight =
      index !== undefined && index < (spec?.completions ?? 0) && !done.has(index) && !taken.has(index);
    if (isRight) taken.add(index);
    return !isRight;
  });
}

function byAge(a: Pod, b: Pod): number {
  return Date.parse(a.metadata?.creationTimestamp ?? '') - Date.parse(b.metadata?.creationTimestamp ?? '');
}

function planIndexes(
  job: Job,
  pods: readonly Pod[],
  counted: Counted,
  missing: number,
  nowMs: number,
): PodsPlan {
  const isPerIndex = job.spec?.backoffLimitPerIndex !== undefined;
  const jobWaitMs = isPerIndex ? 0 : backoffMs(job, pods, nowMs);
  if (jobWaitMs > 0) return { create: [], remove: [], againAfterMs: jobWaitMs };
  const isHeld = (pod: Pod) =>
    isActive(pod) || (job.spec?.podReplacementPolicy === 'Failed' && isLeaving(pod));
  const held = new Set(pods.filter(isHeld).map(indexOf));
  const create: Pod[] = [];
  const waits: number[] = [];
  for (let index = 0; index < (job.spec?.completions ?? 0) && create.length < missing; index++) {
    if (held.has(index) || counted.succeededIndexes.has(index) || counted.failedIndexes.has(index)) continue;
    const last = counted.lastFailures.get(index);
    const waitMs = last === undefined ? 0 : indexBackoffMs(last, nowMs);
    if (waitMs > 0) waits.push(waitMs);
    else create.push(podOfIndex(job, index, isPerIndex ? historyAfter(job, last) : undefined));
  }
  return { create, remove: [], ...(waits.length === 0 ? {} : { againAfterMs: Math.min(...waits) }) };
}

function historyAfter(job: Job, last: Pod | undefined): { failures: number; ignored: number } {
  return last === undefined ? { failures: 0, ignored: 0 } : nextHistory(job, last);
}
