import assert from 'node:assert/strict';
import test from 'node:test';
import { CRON_JOBS, JOBS } from '../../client/resource-types.ts';
import type { CronJob, CronJobSpec, Job } from '../../model/api/types.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { type RunningControllers, runControllers } from '../testing/run-controllers.ts';
import { cronJobController } from './cron-job.ts';

const POD = { spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never' } };
const MINUTE_MS = 60_000;

function createCronJob({ client }: RunningControllers, spec: Partial<CronJobSpec>): Promise<CronJob> {
  return client.create(CRON_JOBS, {
    metadata: { name: 'c', namespace: 'default' },
    spec: { schedule: '* * * * *', timeZone: 'Etc/UTC', jobTemplate: { spec: { template: POD } }, ...spec },
  });
}

async function jobsOf({ client }: RunningControllers): Promise<Job[]> {
  const { items } = await client.list(JOBS, { namespace: 'default' });
  return items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
}

function untilJobs(run: RunningControllers, count: number): Promise<Job[]> {
  return run.until(async () => {
    const jobs = await jobsOf(run);
    assert.equal(jobs.length, count);
    return jobs;
  });
}

/** Waits until the controller has seen what there is, and set its timer. */
async function untilCalm(run: RunningControllers): Promise<void> {
  for (let round = 0; round < 30; round++) await run.clock.settle();
}

async function complete({ client, clock }: RunningControllers, { metadata }: Job): Promise<void> {
  const now = apiTime(clock.now());
  const conditions = [{ type: 'Complete', status: 'True', lastTransitionTime: now }];
  const status = { conditions, startTime: now, completionTime: now, succeeded: 1 };
  await client.patch(JOBS, 'default', metadata?.name ?? '', 'merge', { status }, { subresource: 'status' });
}

test('a cron job makes a job each minute, named after it', async () => {
  await using run = await runControllers(cronJobController);
  await createCronJob(run, {});
  await untilCalm(run);
  await run.clock.advance(MINUTE_MS + 100);
  const [job] = await untilJobs(run, 1);
  assert.equal(job?.metadata?.name, `c-${Date.parse('2026-01-01T00:01:00Z') / MINUTE_MS}`);
  assert.equal(
    job.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'],
    '2026-01-01T00:01:00Z',
  );
  const { status } = await run.until(async () => {
    const cronJob = await run.get(CRON_JOBS, 'c');
    assert.equal(cronJob.status?.active?.length, 1);
    return cronJob;
  });
  assert.equal(status?.lastScheduleTime, '2026-01-01T00:01:00Z');
  await complete(run, job);
  await run.until(async () => {
    const { status: after } = await run.get(CRON_JOBS, 'c');
    assert.deepEqual(after?.active ?? [], []);
    assert.equal(after?.lastSuccessfulTime, '2026-01-01T00:01:00Z');
  });
  await run.until(async () =>
    assert.deepEqual((await run.reasons()).toSorted(), ['SawCompletedJob', 'SuccessfulCreate']),
  );
});

for (const [policy, names] of [
  ['Allow', 2],
  ['Forbid', 1],
  ['Replace', 1],
] as const) {
  test(`with ${policy}, a run that is still going meets the next`, async () => {
    await using run = await runControllers(cronJobController);
    await createCronJob(run, { concurrencyPolicy: policy });
    await untilCalm(run);
    await run.clock.advance(MINUTE_MS + 100);
    const [first] = await untilJobs(run, 1);
    await untilCalm(run);
    await run.clock.advance(MINUTE_MS);
    await untilCalm(run);
    const jobs = await untilJobs(run, names);
    assert.equal(
      jobs.some(({ metadata }) => metadata?.uid === first?.metadata?.uid),
      policy !== 'Replace',
    );
    assert.equal((await run.reasons()).includes('JobAlreadyActive'), policy === 'Forbid');
  });
}

test('a suspended cron job makes none, and only so many old ones are kept', async () => {
  await using run = await runControllers(cronJobController);
  await createCronJob(run, { successfulJobsHistoryLimit: 1 });
  for (let minute = 0; minute < 3; minute++) {
    await untilCalm(run);
    await run.clock.advance(MINUTE_MS + 10);
    await untilCalm(run);
    for (const job of await jobsOf(run)) if (!job.status?.conditions) await complete(run, job);
  }
  const [last] = await untilJobs(run, 1);
  assert.equal(last?.metadata?.name, `c-${Date.parse('2026-01-01T00:03:00Z') / MINUTE_MS}`);
  await run.client.patch(CRON_JOBS, 'default', 'c', 'merge', { spec: { suspend: true } });
  await untilCalm(run);
  await run.clock.advance(5 * MINUTE_MS);
  await untilCalm(run);
  assert.deepEqual(
    (await jobsOf(run)).map(({ metadata }) => metadata?.uid),
    [last?.metadata?.uid],
  );
});

test('a moment has one job though the controller is killed after making it', async () => {
  for (let writes = 0; writes < 5; writes++) {
    await using run = await runControllers(cronJobController);
    await createCronJob(run, {});
    await untilCalm(run);
    run.killAfter(writes);
    await run.clock.advance(MINUTE_MS + 100);
    await untilCalm(run);
    await run.restart();
    await untilJobs(run, 1);
    await run.until(async () => assert.equal((await run.get(CRON_JOBS, 'c')).status?.active?.length, 1));
    assert.equal((await jobsOf(run)).length, 1);
  }
});
