import type { Job, JobCondition } from '../../model/api/types.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';

export interface Verdict {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget';
  readonly reason: string;
  readonly message: string;
}

export function hasCondition({ status }: Job, type: string): boolean {
  return (status?.conditions ?? []).some((one) => one.type === type && one.status === 'True');
}

export function isFinished(job: Job): boolean {
  return hasCondition(job, 'Complete') || hasCondition(job, 'Failed');
}

/** What was decided before stays decided. */
export function presentVerdict({ status }: Job): Verdict | undefined {
  for (const type of ['FailureTarget', 'SuccessCriteriaMet'] as const) {
    const found = status?.conditions?.find((one) => one.type === type && one.status === 'True');
    if (found !== undefined) return { type, reason: found.reason ?? '', message: found.message ?? '' };
  }
  return undefined;
}

/** The conditions with one set; one that is as it is said to be keeps its times. */
export function withCondition(
  conditions: readonly JobCondition[],
  wanted: Pick<JobCondition, 'type' | 'status' | 'reason' | 'message'>,
  nowMs: number,
): JobCondition[] {
  const present = conditions.find(({ type }) => type === wanted.type);
  if (present?.status === wanted.status && present.reason === wanted.reason) return [...conditions];
  const time = apiTime(nowMs);
  const made = { ...wanted, lastProbeTime: time, lastTransitionTime: time };
  if (present === undefined) return [...conditions, made];
  return conditions.map((one) => (one === present ? made : one));
}
