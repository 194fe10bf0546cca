import assert from 'node:assert/strict';
import test from 'node:test';
import { JOBS, PODS } from '../../client/resource-types.ts';
import type { Job, JobSpec, Pod } from '../../model/api/types.ts';
import { type RunningControllers, runControllers } from '../testing/run-controllers.ts';
import { jobController } from './job.ts';
import { TRACKING } from './job-pods.ts';
import { ttlAfterFinishedController } from './ttl-after-finished.ts';

const TEMPLATE = { spec: { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never' } };

async function createJob({ client }: RunningControllers, spec: Partial<JobSpec>): Promise<Job> {
  return client.create(JOBS, {
    metadata: { name: 'j', namespace: 'default' },
    spec: { template: TEMPLATE, ...spec },
  });
}

const isRunning = ({ status, metadata }: Pod) =>
  status?.phase === 'Pending' && metadata?.deletionTimestamp === undefined;

function untilRunning(run: RunningControllers, count: number): Promise<Pod[]> {
  return run.until(async () => {
    const running = (await run.pods()).filter(isRunning);
    assert.equal(running.length, count);
    return running;
  });
}

function untilCondition(run: RunningControllers, type: string, reason: string): Promise<Job> {
  return run.until(async () => {
    const job = await run.get(JOBS, 'j');
    const found = job.status?.conditions?.find((one) => one.type === type);
    assert.equal(found?.reason, reason, JSON.stringify(job.status));
    return job;
  });
}

test('a job runs as many pods as it wants at a time until enough have succeeded', async () => {
  await using run = await runControllers(jobController);
  await createJob(run, { completions: 3, parallelism: 2 });
  const [first, second] = await untilRunning(run, 2);
  assert.ok(first && second);
  assert.ok(first.metadata?.finalizers?.includes(TRACKING));
  await run.end(first, 0);
  await run.end(second, 0);
  const [third] = await untilRunning(run, 1);
  assert.ok(third);
  await run.end(third, 0);
  const { status } = await untilCondition(run, 'Complete', 'CompletionsReached');
  assert.deepEqual(
    [status?.succeeded, status?.failed, status?.active, status?.uncountedTerminatedPods],
    [3, 0, 0, {}],
  );
  assert.deepEqual(
    (await run.pods()).map(({ metadata }) => metadata?.finalizers ?? []),
    [[], [], []],
  );
  const events = await run.until(async () => {
    const reasons = await run.reasons();
    assert.ok(reasons.includes('Completed'));
    return reasons;
  });
  assert.equal(events.filter((reason) => reason === 'SuccessfulCreate').length, 3);
  assert.deepEqual(run.failures, []);
});

test('a failed pod is replaced after a while, and not for ever', async () => {
  await using run = await runControllers(jobController);
  await createJob(run, { backoffLimit: 1 });
  const [first] = await untilRunning(run, 1);
  assert.ok(first);
  await run.end(first, 1);
  await run.until(async () => assert.equal((await run.get(JOBS, 'j')).status?.failed, 1));
  await run.clock.advance(9_000);
  assert.equal((await run.pods()).filter(isRunning).length, 0);
  await run.clock.advance(2_000);
  const [second] = await untilRunning(run, 1);
  assert.ok(second);
  await run.end(second, 1);
  const { status } = await untilCondition(run, 'Failed', 'BackoffLimitExceeded');
  assert.equal(status?.failed, 2);
  assert.equal(status?.conditions?.[0]?.type, 'FailureTarget');
});

test('the pods of an indexed job know their index', async () => {
  await using run = await runControllers(jobController);
  await createJob(run, { completionMode: 'Indexed', completions: 3, parallelism: 3 });
  const pods = await untilRunning(run, 3);
  assert.deepEqual(
    pods.map(({ spec }) => spec?.hostname),
    ['j-0', 'j-1', 'j-2'],
  );
  assert.ok(pods[0]?.spec?.containers[0]?.env?.some(({ name }) => name === 'JOB_COMPLETION_INDEX'));
  for (const pod of pods) await run.end(pod, 0);
  const { status } = await untilCondition(run, 'Complete', 'CompletionsReached');
  assert.equal(status?.completedIndexes, '0-2');
});

test('an index that fails too often fails alone', async () => {
  await using run = await runControllers(jobController);
  await createJob(run, {
    completionMode: 'Indexed',
    completions: 2,
    parallelism: 2,
    backoffLimitPerIndex: 1,
  });
  const [zero, one] = await untilRunning(run, 2);
  assert.ok(zero && one);
  await run.end(zero, 1);
  await run.end(one, 0);
  await run.until(async () => assert.equal((await run.get(JOBS, 'j')).status?.completedIndexes, '1'));
  await run.clock.advance(11_000);
  const [again] = await untilRunning(run, 1);
  assert.ok(again);
  assert.equal(again.metadata?.annotations?.['batch.kubernetes.io/job-index-failure-count'], '1');
  await run.end(again, 1);
  const { status } = await untilCondition(run, 'Failed', 'FailedIndexes');
  assert.deepEqual([status?.completedIndexes, status?.failedIndexes, status?.failed], ['1', '0', 2]);
});

test('a failure policy ends the job, or lets a failure pass', async () => {
  await using run = await runControllers(jobController);
  const rule = (action: string, code: number) => ({
    action,
    onExitCodes: { operator: 'In', values: [code] },
  });
  await createJob(run, {
    backoffLimit: 0,
    podFailurePolicy: { rules: [rule('Ignore', 7), rule('FailJob', 42)] },
  });
  const [first] = await untilRunning(run, 1);
  assert.ok(first);
  await run.end(first, 7);
  await run.until(async () => {
    const [pod] = await run.pods();
    assert.deepEqual(pod?.metadata?.finalizers ?? [], []);
  });
  await run.clock.advance(11_000);
  const [second] = await untilRunning(run, 1);
  assert.ok(second);
  await run.end(second, 42);
  const { status } = await untilCondition(run, 'Failed', 'PodFailurePolicy');
  const message = `Container c for pod default/${second.metadata?.name} failed with exit code 42 matching FailJob rule at index 1`;
  assert.equal(status?.conditions?.find(({ type }) => type === 'Failed')?.message, message);
  assert.equal(status?.failed, 1);
});

test('a success policy ends the job with the others still running', async () => {
  await using run = await runControllers(jobController);
  await createJob(run, {
    completionMode: 'Indexed',
    completions: 3,
    parallelism: 3,
    successPolicy: { rules: [{ succeededIndexes: '0' }] },
  });
  const [zero] = await untilRunning(run, 3);
  assert.ok(zero);
  await run.end(zero, 0);
  await untilCondition(run, 'SuccessCriteriaMet', 'SuccessPolicy');
  const { status } = await untilCondition(run, 'Complete', 'SuccessPolicy');
  assert.equal(status?.completedIndexes, '0');
});

test('a suspended job has no pods, and its time begins anew', async () => {
  await using run = await runControllers(jobController);
  await createJob(run, { activeDeadlineSeconds: 60 });
  await untilRunning(run, 1);
  const suspend = (value: boolean) =>
    run.client.patch(JOBS, 'default', 'j', 'merge', { spec: { suspend: value } });
  await suspend(true);
  await untilRunning(run, 0);
  const suspended = await untilCondition(run, 'Suspended', 'JobSuspended');
  assert.equal(suspended.status?.failed, 0);
  await run.clock.advance(100_000);
  await suspend(false);
  await untilCondition(run, 'Suspended', 'JobResumed');
  await untilRunning(run, 1);
  await run.clock.advance(61_000);
  await untilCondition(run, 'Failed', 'DeadlineExceeded');
});

test('a finished job goes when its time is over', async () => {
  await using run = await runControllers(jobController, ttlAfterFinishedController);
  await createJob(run, { ttlSecondsAfterFinished: 30 });
  const [pod] = await untilRunning(run, 1);
  assert.ok(pod);
  await run.end(pod, 0);
  await untilCondition(run, 'Complete', 'CompletionsReached');
  await run.clock.advance(20_000);
  assert.equal((await run.get(JOBS, 'j')).metadata?.deletionTimestamp, undefined);
  await run.clock.advance(11_000);
  await run.until(async () => {
    const job = await run.client.find(JOBS, 'default', 'j');
    assert.ok(job?.metadata?.deletionTimestamp ?? job === undefined);
  });
});

test('no pod is counted twice or lost wherever the controller is killed', async () => {
  for (let writes = 0; writes < 12; writes++) {
    await using run = await runControllers(jobController);
    await createJob(run, { completions: 2, parallelism: 2 });
    const [first, second] = await untilRunning(run, 2);
    assert.ok(first && second);
    run.killAfter(writes);
    await run.end(first, 0);
    await run.end(second, 1);
    for (let turn = 0; turn < 40; turn++) await run.clock.settle();
    await run.restart();
    await run.clock.advance(11_000);
    const [third] = await untilRunning(run, 1);
    assert.ok(third);
    await run.end(third, 0);
    const { status } = await untilCondition(run, 'Complete', 'CompletionsReached');
    const counts = [status?.succeeded, status?.failed, (await run.pods()).length];
    assert.deepEqual(counts, [2, 1, 3], `killed after ${writes} writes`);
  }
});

test('the pods of a job that is deleted are kept back by nobody', async () => {
  await using run = await runControllers(jobController);
  await createJob(run, {});
  const [pod] = await untilRunning(run, 1);
  await run.client.delete(JOBS, 'default', 'j', { propagationPolicy: 'Background' });
  await run.until(async () => {
    const present = await run.client.find(PODS, 'default', pod?.metadata?.name ?? '');
    assert.deepEqual(present?.metadata?.finalizers ?? [], []);
  });
});
