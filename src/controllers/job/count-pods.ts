/**
 * Which pods have ended, each counted once whatever crashes when.
 *
 *     ended, with finalizer ─► noted in the status ─► finalizer gone ─► in the status' numbers
 *
 * A pod that is noted is not counted again, and leaves the notes only for the numbers, in one write.
 * @see kubernetes/pkg/controller/job/job_controller.go trackJobStatusAndRemoveFinalizers
 */
import type { Job, Pod } from '../../model/api/types.ts';
import { formatIndexes, parseIndexes } from './index-set.ts';
import { hasFailed, historyOf, indexOf, isSentAway, isTracked } from './job-pods.ts';
import { judgeFailure } from './pod-failure-policy.ts';

/** At most so many uids are noted in a status at a time. */
const MOST_NOTED = 500;

export interface Counted {
  /** In the numbers. */
  readonly succeeded: number;
  readonly failed: number;
  /** Uids that are in no number yet. */
  readonly notedSucceeded: readonly string[];
  readonly notedFailed: readonly string[];
  /** Of an indexed job; all that have succeeded or failed, whether or not anybody has noted it yet. */
  readonly succeededIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number>;
  /** The pods whose finalizer goes once the status is written. */
  readonly release: readonly Pod[];
  /** Of each index, the failed pod that is kept for its history until the next one is there. */
  readonly lastFailures: ReadonlyMap<number, Pod>;
}

export function isIndexed({ spec }: Job): boolean {
  return spec?.completionMode === 'Indexed';
}

/** @param isOver whether the job has its verdict, so that pods that are left count as failures */
export function countPods(job: Job, pods: readonly Pod[], isOver: boolean): Counted {
  const tracked = pods.filter(isTracked);
  const trackedUids = new Set(tracked.map(uidOf));
  const { uncountedTerminatedPods: noted = {}, succeeded = 0, failed = 0 } = job.status ?? {};
  const settled = (uids: readonly string[]) => uids.filter((uid) => !trackedUids.has(uid)).length;
  const stillSucceeded = (noted.succeeded ?? []).filter((uid) => trackedUids.has(uid));
  const stillFailed = (noted.failed ?? []).filter((uid) => trackedUids.has(uid));
  const indexes = countIndexes(job, tracked);
  const lastFailures = lastFailuresOf(
    job,
    pods.filter((pod) => !isSentAway(pod)),
    indexes,
  );
  const isKept = (pod: Pod) => !isOver && lastFailures.get(indexOf(pod) ?? -1) === pod;

  const known = new Set([...stillSucceeded, ...stillFailed]);
  const release = tracked.filter((pod) => known.has(uidOf(pod)) && !isKept(pod));
  for (const pod of tracked) {
    const uid = uidOf(pod);
    if (known.has(uid) || known.size >= MOST_NOTED) continue;
    const index = indexOf(pod);
    if (pod.status?.phase === 'Succeeded') {
      if (!isIndexed(job)) stillSucceeded.push(uid);
    } else if (hasFailed(pod, job) || isOver || job.metadata?.deletionTimestamp !== undefined) {
      const isCounted = !isIndexed(job) || (index !== undefined && index < (job.spec?.completions ?? 0));
      if (isCounted && judgeFailure(job, pod).action !== 'Ignore') stillFailed.push(uid);
      if (isKept(pod)) continue;
    } else continue;
    known.add(uid);
    release.push(pod);
  }
  return {
    succeeded: isIndexed(job) ? indexes.succeeded.size : succeeded + settled(noted.succeeded ?? []),
    failed: failed + settled(noted.failed ?? []),
    notedSucceeded: stillSucceeded,
    notedFailed: stillFailed,
    succeededIndexes: indexes.succeeded,
    failedIndexes: indexes.failed,
    release,
    lastFailures,
  };
}

interface Indexes {
  readonly succeeded: ReadonlySet<number>;
  readonly failed: ReadonlySet<number>;
}

function countIndexes(job: Job, tracked: readonly Pod[]): Indexes {
  const { completions = 0, backoffLimitPerIndex } = job.spec ?? {};
  if (!isIndexed(job)) return { succeeded: new Set(), failed: new Set() };
  const succeeded = parseIndexes(job.status?.completedIndexes, completions);
  const failed = parseIndexes(job.status?.failedIndexes, completions);
  for (const pod of tracked) {
    const index = indexOf(pod);
    if (index === undefined || index >= completions) continue;
    if (pod.status?.phase === 'Succeeded') succeeded.add(index);
    else if (backoffLimitPerIndex !== undefined && hasFailed(pod, job)) {
      const { action } = judgeFailure(job, pod);
      if (action === 'FailIndex' || nextHistory(job, pod).failures > backoffLimitPerIndex) failed.add(index);
    }
  }
  return { succeeded, failed: failed.difference(succeeded) };
}

/** What the pod that comes after a failed one has behind it. */
export function nextHistory(job: Job, pod: Pod): { failures: number; ignored: number } {
  const { failures, ignored } = historyOf(pod);
  return judgeFailure(job, pod).action === 'Ignore'
    ? { failures, ignored: ignored + 1 }
    : { failures: failures + 1, ignored };
}

function lastFailuresOf(job: Job, pods: readonly Pod[], done: Indexes): Map<number, Pod> {
  const last = new Map<number, Pod>();
  if (!isIndexed(job) || job.spec?.backoffLimitPerIndex === undefined) return last;
  const attempts = (pod: Pod) => historyOf(pod).failures + historyOf(pod).ignored;
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index === undefined || done.succeeded.has(index) || done.failed.has(index)) continue;
    const before = last.get(index);
    if (before === undefined || attempts(pod) > attempts(before)) last.set(index, pod);
  }
  for (const [index, pod] of Array.from(last)) if (!hasFailed(pod, job)) last.delete(index);
  return last;
}

function uidOf({ metadata }: Pod): string {
  return metadata?.uid ?? '';
}

/** The counts as the status writes them. */
export function countsInStatus(job: Job, counted: Counted): Partial<NonNullable<Job['status']>> {
  const { backoffLimitPerIndex } = job.spec ?? {};
  const { notedSucceeded, notedFailed, succeededIndexes, failedIndexes } = counted;
  return {
    succeeded: counted.succeeded,
    failed: counted.failed,
    uncountedTerminatedPods: {
      ...(notedSucceeded.length === 0 ? {} : { succeeded: [...notedSucceeded] }),
      ...(notedFailed.length === 0 ? {} : { failed: [...notedFailed] }),
    },
    ...(succeededIndexes.size === 0 ? {} : { completedIndexes: formatIndexes(succeededIndexes) }),
    ...(backoffLimitPerIndex === undefined || !isIndexed(job)
      ? {}
      : { failedIndexes: formatIndexes(failedIndexes) }),
  };
}
