import assert from 'node:assert/strict';
import test from 'node:test';
import { DEPLOYMENTS, REPLICA_SETS, RESOURCE_QUOTAS } from '../../client/resource-types.ts';
import type { Deployment, DeploymentSpec, Pod, ReplicaSet } from '../../model/api/types.ts';
import { replicaSetController } from '../replica-set.ts';
import { setReady } from '../testing/nodes.ts';
import { type RunningControllers, runControllers } from '../testing/run-controllers.ts';
import { deploymentController } from './deployment.ts';

const LABELS = { app: 'w' };

function templateOf(image: string) {
  return {
    metadata: { labels: LABELS },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image }] },
  };
}

function create({ client }: RunningControllers, spec: Partial<DeploymentSpec> = {}): Promise<Deployment> {
  return client.create(DEPLOYMENTS, {
    metadata: { name: 'w', namespace: 'default' },
    spec: { replicas: 3, selector: { matchLabels: LABELS }, template: templateOf('v1'), ...spec },
  });
}

const change = ({ client }: RunningControllers, spec: object) =>
  client.patch(DEPLOYMENTS, 'default', 'w', 'merge', { spec });
const imageOf = ({ spec }: Pod) => spec?.containers[0]?.image;
const sets = async ({ client }: RunningControllers): Promise<ReplicaSet[]> =>
  (await client.list(REPLICA_SETS, { namespace: 'default' })).items;

async function readyAll(run: RunningControllers): Promise<void> {
  for (const pod of await run.pods())
    if (pod.status?.phase !== 'Running')
      await setReady(run.client, pod, true, run.clock.now()).catch(() => {});
}

function untilComplete(run: RunningControllers, image: string, count: number): Promise<void> {
  return run.until(async () => {
    await readyAll(run);
    const pods = await run.pods();
    const { status, metadata } = await run.get(DEPLOYMENTS, 'w');
    const reason = status?.conditions?.find(({ type }) => type === 'Progressing')?.reason;
    assert.deepEqual(
      [
        pods.length,
        pods.filter((pod) => imageOf(pod) === image).length,
        status?.availableReplicas,
        reason,
        status?.observedGeneration,
      ],
      [count, count, count, 'NewReplicaSetAvailable', metadata?.generation],
    );
  });
}

const untilReason = (run: RunningControllers, type: string, reason: string | undefined) =>
  run.until(async () => {
    const { status } = await run.get(DEPLOYMENTS, 'w');
    assert.equal(status?.conditions?.find((one) => one.type === type)?.reason, reason);
  });

test('a new template is rolled out within its limits, and told of in events', async () => {
  await using run = await runControllers(deploymentController, replicaSetController);
  await create(run, { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  await untilComplete(run, 'v1', 3);
  await change(run, { template: templateOf('v2') });
  await run.until(async () => assert.equal((await run.pods()).length, 4));
  for (let turn = 0; turn < 20; turn++) await run.clock.settle();
  assert.equal((await run.pods()).length, 4, 'no more than one above what is wanted');
  await untilComplete(run, 'v2', 3);
  const events = await run.reasons();
  assert.ok(events.includes('ScalingReplicaSet') && events.includes('SuccessfulCreate'));
  assert.deepEqual(run.failures, []);
});

test('Recreate ends all old pods before the first new one', async () => {
  await using run = await runControllers(deploymentController, replicaSetController);
  await create(run, { strategy: { type: 'Recreate' } });
  await untilComplete(run, 'v1', 3);
  await change(run, { template: templateOf('v2') });
  await run.until(async () => {
    const images = new Set((await run.pods()).map(imageOf));
    assert.ok(images.size <= 1, 'never both');
    assert.ok(images.has('v2'));
  });
  await untilComplete(run, 'v2', 3);
});

test('a paused deployment is not rolled out, but scaled, and goes on when it is resumed', async () => {
  await using run = await runControllers(deploymentController, replicaSetController);
  await create(run);
  await untilComplete(run, 'v1', 3);
  await change(run, { paused: true, template: templateOf('v2'), replicas: 4 });
  await run.until(async () => {
    const pods = await run.pods();
    assert.deepEqual([pods.length, pods.filter((pod) => imageOf(pod) === 'v1').length], [4, 4]);
  });
  await untilReason(run, 'Progressing', 'DeploymentPaused');
  await change(run, { paused: null });
  await untilComplete(run, 'v2', 4);
});

test('a rollout that does not come forward is told of after its deadline, one that has ended never', async () => {
  await using run = await runControllers(deploymentController, replicaSetController);
  await create(run, { replicas: 1, progressDeadlineSeconds: 60 });
  await untilComplete(run, 'v1', 1);
  await run.clock.advance(120_000);
  const [pod] = await run.pods();
  assert.ok(pod);
  await setReady(run.client, pod, false, run.clock.now());
  await untilReason(run, 'Available', 'MinimumReplicasUnavailable');
  await run.clock.advance(120_000);
  await untilReason(run, 'Progressing', 'NewReplicaSetAvailable');
  await setReady(run.client, pod, true, run.clock.now());
  await change(run, { template: templateOf('v2') });
  await untilReason(run, 'Progressing', 'ReplicaSetUpdated');
  await run.clock.advance(62_000);
  await untilReason(run, 'Progressing', 'ProgressDeadlineExceeded');
});

test('the sets that it left are taken in again, and its notes and waits reach the present one', async () => {
  await using run = await runControllers(deploymentController, replicaSetController);
  await create(run);
  await untilComplete(run, 'v1', 3);
  const [before] = await sets(run);
  await run.client.delete(DEPLOYMENTS, 'default', 'w', { propagationPolicy: 'Orphan' });
  await run.client.patch(DEPLOYMENTS, 'default', 'w', 'merge', { metadata: { finalizers: null } });
  await run.client.patch(REPLICA_SETS, 'default', before?.metadata?.name ?? '', 'merge', {
    metadata: { ownerReferences: null },
  });
  await create(run);
  await untilComplete(run, 'v1', 3);
  assert.deepEqual(
    (await sets(run)).map(({ metadata }) => metadata?.uid),
    [before?.metadata?.uid],
  );
  const annotations = { 'kubernetes.io/change-cause': 'because' };
  await run.client.patch(DEPLOYMENTS, 'default', 'w', 'merge', {
    metadata: { annotations },
    spec: { minReadySeconds: 5 },
  });
  await run.until(async () => {
    const [set] = await sets(run);
    assert.deepEqual(
      [set?.metadata?.annotations?.['kubernetes.io/change-cause'], set?.spec?.minReadySeconds],
      ['because', 5],
    );
  });
});

test('so many old sets are kept as the deployment says, the newest', async () => {
  await using run = await runControllers(deploymentController, replicaSetController);
  await create(run, { replicas: 1, revisionHistoryLimit: 1 });
  for (const image of ['v1', 'v2', 'v3']) {
    await change(run, { template: templateOf(image) });
    await untilComplete(run, image, 1);
    await run.clock.advance(1000);
  }
  await run.until(async () => {
    const images = (await sets(run)).map(({ spec }) => spec?.template?.spec?.containers[0]?.image);
    assert.deepEqual(new Set(images), new Set(['v2', 'v3']));
  });
});

test('pods that may not be made are told of by set and deployment', async () => {
  await using run = await runControllers(deploymentController, replicaSetController);
  const quota = await run.client.create(RESOURCE_QUOTAS, {
    metadata: { name: 'q', namespace: 'default' },
    spec: { hard: { pods: '1' } },
  });
  const status = { hard: { pods: '1' }, used: { pods: '0' } };
  await run.client.patch(
    RESOURCE_QUOTAS,
    'default',
    'q',
    'merge',
    { metadata: { uid: quota.metadata?.uid }, status },
    { subresource: 'status' },
  );
  await create(run);
  await untilReason(run, 'ReplicaFailure', 'FailedCreate');
  assert.equal((await run.pods()).length, 1);
  assert.ok((await run.reasons()).includes('FailedCreate'));
  await run.client.delete(RESOURCE_QUOTAS, 'default', 'q');
  await run.clock.advance(60_000);
  await untilComplete(run, 'v1', 3);
  await untilReason(run, 'ReplicaFailure', undefined);
});
