/** Whether a job has come to its end. @see kubernetes/pkg/controller/job/job_controller.go syncJob */
import type { Job, Pod } from '../../model/api/types.ts';
import { isActive } from '../pod-states.ts';
import { type Counted, isIndexed } from './count-pods.ts';
import { presentVerdict, type Verdict } from './job-conditions.ts';
import { hasFailed, isSentAway } from './job-pods.ts';
import { judgeFailure } from './pod-failure-policy.ts';
import { metSuccessRule } from './success-policy.ts';

const BACKOFF_LIMIT = failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
const DEADLINE = failure('DeadlineExceeded', 'Job was active longer than specified deadline');
const TOO_MANY_INDEXES = failure(
  'MaxFailedIndexesExceeded',
  'Job has exceeded the specified maximal number of failed indexes',
);
const FAILED_INDEXES = failure('FailedIndexes', 'Job has failed indexes');

/** The first reason to end wins, and what was decided before stays decided. */
export function judgeJob(
  job: Job,
  pods: readonly Pod[],
  counted: Counted,
  nowMs: number,
): Verdict | undefined {
  return (
    presentVerdict(job) ??
    failedByPolicy(job, pods) ??
    (exceedsBackoffLimit(job, pods, counted) ? BACKOFF_LIMIT : undefined) ??
    (untilDeadlineMs(job, nowMs) === 0 ? DEADLINE : undefined) ??
    failedByIndexes(job, counted) ??
    succeededByPolicy(job, counted) ??
    succeededByCount(job, pods, counted)
  );
}

/** Nothing without a deadline, and while the job is suspended. */
export function untilDeadlineMs({ spec, status }: Job, nowMs: number): number | undefined {
  const seconds = spec?.activeDeadlineSeconds;
  if (seconds === undefined || spec?.suspend === true || status?.startTime === undefined) return undefined;
  return Math.max(0, Date.parse(status.startTime) + seconds * 1000 - nowMs);
}

function failure(reason: string, message: string): Verdict {
  return { type: 'FailureTarget', reason, message };
}

function failedByPolicy(job: Job, pods: readonly Pod[]): Verdict | undefined {
  if (job.spec?.podFailurePolicy === undefined) return undefined;
  for (const pod of pods.filter((one) => hasFailed(one, job) && !isSentAway(one))) {
    const { action, message } = judgeFailure(job, pod);
    if (action === 'FailJob') return failure('PodFailurePolicy', message);
  }
  return undefined;
}

function exceedsBackoffLimit({ spec }: Job, pods: readonly Pod[], counted: Counted): boolean {
  const limit = spec?.backoffLimit ?? 6;
  if (counted.failed + counted.notedFailed.length > limit) return true;
  if (spec?.template?.spec?.restartPolicy !== 'OnFailure') return false;
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function failedByIndexes({ spec }: Job, { failedIndexes, succeededIndexes }: Counted): Verdict | undefined {
  const { maxFailedIndexes, completions = 0 } = spec ?? {};
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) return TOO_MANY_INDEXES;
  const isThrough = failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions;
  return isThrough ? FAILED_INDEXES : undefined;
}

function succeededByPolicy(job: Job, { succeededIndexes }: Counted): Verdict | undefined {
  const rule = isIndexed(job) ? metSuccessRule(job, succeededIndexes) : undefined;
  if (rule === undefined) return undefined;
  return { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: `Matched rules at index ${rule}` };
}

/** A job without completions is done when one pod has succeeded and all have ended. */
function succeededByCount({ spec }: Job, pods: readonly Pod[], counted: Counted): Verdict | undefined {
  const succeeded = counted.succeeded + counted.notedSucceeded.length;
  const wanted = spec?.completions ?? 1;
  if (pods.some(isActive) || succeeded < wanted) return undefined;
  return {
    type: 'SuccessCriteriaMet',
    reason: 'CompletionsReached',
    message: 'Reached expected number of succeeded pods',
  };
}
