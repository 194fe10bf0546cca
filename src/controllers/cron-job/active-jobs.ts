import type { CronJob, CronJobStatus, Job, ObjectReference } from '../../model/api/types.ts';
import type { Occurrence } from '../record-event.ts';
import { hasCondition, isFinished } from '../job/job-conditions.ts';

export interface ActiveJobs {
  readonly status: CronJobStatus;
  readonly events: readonly Occurrence[];
}

/** What a cron job's status says of its jobs, and what has changed. @param jobs all that it controls */
export function activeJobs({ status = {} }: CronJob, jobs: readonly Job[]): ActiveJobs {
  const events: Occurrence[] = [];
  const listed = new Map((status.active ?? []).map((one) => [one.uid, one]));
  const byUid = new Map(jobs.map((job) => [job.metadata?.uid, job]));
  for (const [uid, job] of byUid) {
    const name = job.metadata?.name ?? '';
    const isListed = listed.has(uid);
    if (!isListed && !isFinished(job)) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      events.push({ type: 'Warning', reason: 'UnexpectedJob', message });
    }
    if (!isListed || !isFinished(job)) continue;
    listed.delete(uid);
    const condition = hasCondition(job, 'Complete') ? 'Complete' : 'Failed';
    const message = `Saw completed job: ${name}, condition: ${condition}`;
    events.push({ type: 'Normal', reason: 'SawCompletedJob', message });
  }
  for (const [uid, { name }] of Array.from(listed)) {
    if (byUid.has(uid)) continue;
    listed.delete(uid);
    const message = `Active job went missing: ${name}`;
    events.push({ type: 'Normal', reason: 'MissingJob', message });
  }
  return { status: { ...status, ...lastSuccess(status, jobs), active: [...listed.values()] }, events };
}

function lastSuccess(status: CronJobStatus, jobs: readonly Job[]): Pick<CronJobStatus, 'lastSuccessfulTime'> {
  const ends = jobs
    .filter((job) => hasCondition(job, 'Complete'))
    .flatMap((job) => job.status?.completionTime ?? []);
  const latest = [...ends, status.lastSuccessfulTime ?? ''].sort().at(-1) ?? '';
  return latest === '' ? {} : { lastSuccessfulTime: latest };
}

export function referenceTo({ metadata }: Job): ObjectReference {
  const { namespace = '', name = '', uid = '', resourceVersion = '' } = metadata ?? {};
  return { apiVersion: 'batch/v1', kind: 'Job', namespace, name, uid, resourceVersion };
}
