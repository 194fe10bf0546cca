/**
 * Makes a job whenever a cron job's schedule says so.
 * @see kubernetes/pkg/controller/cronjob/cronjob_controllerv2.go
 */
import { CRON_JOBS, JOBS } from '../../client/resource-types.ts';
import type { CronJob, CronJobStatus, Job } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { type Controller, controllerOf, isWritten, KeyedController, keyOf, splitKey } from '../controller.ts';
import { type Occurrence, recordEvent } from '../record-event.ts';
import { isFinished } from '../job/job-conditions.ts';
import { activeJobs, referenceTo } from './active-jobs.ts';
import { jobAt, jobNameAt, outlivedJobs } from './cron-job-jobs.ts';
import { dueTime } from './due-time.ts';

const COMPONENT = 'cronjob-controller';
/** A timer sleeps no longer: clocks are set, and what sleeps is not told. */
const MOST_SLEEP_MS = 60 * 60_000;

export const cronJobController: Controller = async (deps, signal) => {
  const { client, clock } = deps;
  const localZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const controller = new KeyedController('cronjob', deps, signal);
  const { queue } = controller;
  const cronJobs = controller.followAll(CRON_JOBS, (cronJob) => queue.add(keyOf(cronJob)));
  const jobs = controller.followAll(JOBS, (job) => {
    const owner = controllerOf(job);
    if (owner?.kind === 'CronJob') queue.add(`${job.metadata?.namespace}/${owner.name}`);
  });

  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    if (cronJobs.get(namespace, name) === undefined) return;
    // The copies of cron jobs and of jobs come apart; what the status says is compared with what is there.
    const known = await client.find(CRON_JOBS, namespace, name);
    if (known === undefined) return;
    const cronJob = { ...known, apiVersion: 'batch/v1', kind: 'CronJob' };
    const own = await ownJobs(cronJob);
    const { status, events } = activeJobs(cronJob, own);
    const written = await writeStatus(cronJob, status);
    for (const event of events) await recordEvent(deps, COMPONENT, cronJob, event);
    if (written.metadata?.deletionTimestamp !== undefined) return;
    for (const job of outlivedJobs(written, own)) await deleteJob(written, job);
    if (written.spec.suspend !== true) await startIfDue(written, own, key);
  });

  async function ownJobs({ metadata, status }: CronJob): Promise<Job[]> {
    const { namespace = '', uid } = metadata ?? {};
    const own = jobs
      .list()
      .filter((job) => job.metadata?.namespace === namespace && controllerOf(job)?.uid === uid);
    const seen = new Set(own.map((job) => job.metadata?.uid));
    const unseen = (status?.active ?? []).filter((one) => !seen.has(one.uid));
    const found = await Promise.all(
      unseen.map(async (one) => {
        const job = await client.find(JOBS, namespace, one.name ?? '');
        return job?.metadata?.uid === one.uid ? job : undefined;
      }),
    );
    return [...own, ...found.filter((job) => job !== undefined)];
  }

  async function startIfDue(cronJob: CronJob, own: readonly Job[], key: string): Promise<void> {
    const now = clock.now();
    const { dueMs, nextMs, isFarBehind } = dueTime(cronJob, now, localZone);
    if (nextMs !== undefined) queue.addAfter(key, Math.min(nextMs - now, MOST_SLEEP_MS) + 10);
    if (isFarBehind)
      await tell(
        cronJob,
        'Warning',
        'TooManyMissedTimes',
        'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      );
    if (dueMs === undefined) return;
    const { active = [] } = cronJob.status ?? {};
    const name = jobNameAt(cronJob, dueMs);
    if (active.some((one) => one.name === name)) return;
    if (active.length > 0 && cronJob.spec.concurrencyPolicy === 'Forbid') {
      const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      return tell(cronJob, 'Normal', 'JobAlreadyActive', message);
    }
    let present = cronJob;
    if (cronJob.spec.concurrencyPolicy === 'Replace') {
      const replaced = own.filter(({ metadata }) => active.some(({ uid }) => uid === metadata?.uid));
      for (const job of replaced) await deleteJob(cronJob, job);
      present = { ...cronJob, status: { ...cronJob.status, active: [] } };
    }
    const job = await start(present, dueMs);
    await writeStatus(present, {
      ...present.status,
      active: [...(present.status?.active ?? []), ...(isFinished(job) ? [] : [referenceTo(job)])],
      lastScheduleTime: apiTime(dueMs),
    });
  }

  /** The job of a moment, made before if a crash came between it and the status. */
  async function start(cronJob: CronJob, dueMs: number): Promise<Job> {
    try {
      const job = await client.create(JOBS, jobAt(cronJob, dueMs));
      await tell(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata?.name}`);
      return job;
    } catch (error) {
      if (isPeapodError(error, 'AlreadyExists')) {
        const namespace = cronJob.metadata?.namespace ?? '';
        const job = await client.find(JOBS, namespace, jobNameAt(cronJob, dueMs));
        if (job !== undefined && controllerOf(job)?.uid === cronJob.metadata?.uid) return job;
      }
      const message = error instanceof Error ? error.message : String(error);
      await tell(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${message}`);
      throw error;
    }
  }

  async function deleteJob(cronJob: CronJob, { metadata }: Job): Promise<void> {
    const { namespace = '', name = '', uid, deletionTimestamp } = metadata ?? {};
    if (deletionTimestamp !== undefined) return;
    await client.delete(JOBS, namespace, name, {
      propagationPolicy: 'Background',
      ...(uid === undefined ? {} : { preconditions: { uid } }),
    });
    await tell(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  }

  /** Fails with a conflict when the cron job has changed since it was looked at. */
  async function writeStatus(cronJob: CronJob, status: CronJobStatus): Promise<CronJob> {
    if (isWritten(status, cronJob.status)) return cronJob;
    return client.update(CRON_JOBS, { ...cronJob, status }, { subresource: 'status' });
  }

  function tell(cronJob: CronJob, type: Occurrence['type'], reason: string, message: string): Promise<void> {
    return recordEvent(deps, COMPONENT, cronJob, { type, reason, message });
  }
};
