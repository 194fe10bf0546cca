/**
 * What is to be done for a job, and what its status says.
 *
 *     running ─► SuccessCriteriaMet | FailureTarget ─(no pod left, all counted)─► Complete | Failed
 *        ▲│
 *        │▼
 *     suspended
 */
import type { Job, JobStatus, Pod } from '../../model/api/types.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { isActive, readySince } from '../pod-states.ts';
import { countPods, countsInStatus } from './count-pods.ts';
import { presentVerdict, type Verdict, withCondition } from './job-conditions.ts';
import { isLeaving, isTracked } from './job-pods.ts';
import { judgeJob, untilDeadlineMs } from './judge-job.ts';
import { planPods } from './plan-pods.ts';

export interface JobPlan {
  readonly create: readonly Pod[];
  /** Not needed: they count neither as failed nor as succeeded. */
  readonly remove: readonly Pod[];
  /** Ended together with the job: they are failures. */
  readonly end: readonly Pod[];
  readonly status: JobStatus;
  /** Lose their finalizer after the status is written. */
  readonly release: readonly Pod[];
  readonly againAfterMs: number | undefined;
}

/** @param isCurrent whether the pods are all that there are; until they are, none is made or deleted */
export function planJob(given: Job, pods: readonly Pod[], isCurrent: boolean, nowMs: number): JobPlan {
  const job = started(given, nowMs);
  const first = countPods(job, pods, presentVerdict(job) !== undefined);
  const verdict = isCurrent ? judgeJob(job, pods, first, nowMs) : presentVerdict(job);
  const counted = verdict === undefined ? first : countPods(job, pods, true);
  const isManaged = isCurrent && verdict === undefined && job.metadata?.deletionTimestamp === undefined;
  const managed = isManaged ? planPods(job, pods, first, nowMs) : { create: [], remove: [] };
  const active = pods.filter(isActive);
  const end = verdict === undefined ? [] : active;
  const counts = {
    active: active.length - end.length - managed.remove.length + managed.create.length,
    ready: active.filter((pod) => !end.includes(pod) && readySince(pod) !== undefined).length,
    terminating: pods.filter(isLeaving).length + end.length + managed.remove.length,
  };
  const isClear = counts.active + counts.terminating === 0 && !pods.some(isTracked);
  const status = {
    ...job.status,
    ...counts,
    ...countsInStatus(job, counted),
    conditions: conditionsOf(job, verdict, isManaged, nowMs),
  };
  const deadlineMs = verdict === undefined ? untilDeadlineMs(job, nowMs) : undefined;
  const waits = [managed.againAfterMs, deadlineMs].filter((wait) => wait !== undefined);
  return {
    create: managed.create,
    remove: managed.remove,
    end,
    status: verdict !== undefined && isClear ? finished(status, verdict, nowMs) : status,
    release: counted.release,
    againAfterMs: waits.length === 0 ? undefined : Math.min(...waits),
  };
}

/** The time counts from the first look at a job that is not suspended, and anew when it is resumed. */
function started(job: Job, nowMs: number): Job {
  const isSuspended = job.spec?.suspend === true;
  const wasSuspended = suspension(job)?.status === 'True';
  if (isSuspended || (job.status?.startTime !== undefined && !wasSuspended)) return job;
  return { ...job, status: { ...job.status, startTime: apiTime(nowMs) } };
}

function suspension({ status }: Job) {
  return status?.conditions?.find(({ type }) => type === 'Suspended');
}

function conditionsOf(job: Job, verdict: Verdict | undefined, isManaged: boolean, nowMs: number) {
  const conditions = job.status?.conditions ?? [];
  if (verdict !== undefined) return withCondition(conditions, { ...verdict, status: 'True' }, nowMs);
  if (!isManaged) return conditions;
  if (job.spec?.suspend === true) {
    const suspended = { status: 'True', reason: 'JobSuspended', message: 'Job suspended' };
    return withCondition(conditions, { type: 'Suspended', ...suspended }, nowMs);
  }
  if (suspension(job) === undefined) return conditions;
  const resumed = { status: 'False', reason: 'JobResumed', message: 'Job resumed' };
  return withCondition(conditions, { type: 'Suspended', ...resumed }, nowMs);
}

function finished(status: JobStatus, { type, reason, message }: Verdict, nowMs: number): JobStatus {
  const isSuccess = type === 'SuccessCriteriaMet';
  const end = { type: isSuccess ? 'Complete' : 'Failed', status: 'True', reason, message };
  const conditions = withCondition(status.conditions ?? [], end, nowMs);
  return { ...status, conditions, ...(isSuccess ? { completionTime: apiTime(nowMs) } : {}) };
}
