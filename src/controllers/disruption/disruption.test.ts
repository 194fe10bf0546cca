import assert from 'node:assert/strict';
import test from 'node:test';
import { DISRUPTION_BUDGETS, PODS, REPLICA_SETS } from '../../client/resource-types.ts';
import type { Pod, PodDisruptionBudgetSpec } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';
import { replicaSetController } from '../replica-set.ts';
import { setReady } from '../testing/nodes.ts';
import { type RunningControllers, runControllers } from '../testing/run-controllers.ts';
import { disruptionController } from './disruption.ts';

const LABELS = { app: 'w' };
const SELECTOR = { matchLabels: LABELS };

async function readyReplicas(run: RunningControllers, replicas: number): Promise<Pod[]> {
  await run.client.create(REPLICA_SETS, {
    metadata: { name: 'w', namespace: 'default' },
    spec: {
      replicas,
      selector: SELECTOR,
      template: {
        metadata: { labels: LABELS },
        spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
      },
    },
  });
  const pods = await run.until(async () => {
    const made = await run.pods();
    assert.equal(made.length, replicas);
    return made;
  });
  for (const pod of pods) await setReady(run.client, pod, true, run.clock.now());
  return pods;
}

function createBudget({ client }: RunningControllers, spec: PodDisruptionBudgetSpec) {
  const metadata = { name: 'b', namespace: 'default' };
  return client.create(DISRUPTION_BUDGETS, { metadata, spec: { selector: SELECTOR, ...spec } });
}

function untilStatus(
  run: RunningControllers,
  ...expected: [pods: number, healthy: number, desired: number, allowed: number]
) {
  return run.until(async () => {
    const { status } = await run.get(DISRUPTION_BUDGETS, 'b');
    const { expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed } = status ?? {};
    assert.deepEqual([expectedPods, currentHealthy, desiredHealthy, disruptionsAllowed], expected);
    return status;
  });
}

function evict({ client }: RunningControllers, { metadata }: Pod): Promise<unknown> {
  const { namespace = '', name = '' } = metadata ?? {};
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name } };
  return client.post(PODS, namespace, name, 'eviction', eviction);
}

const isRefused = (error: unknown) =>
  isPeapodError(error) && /violate the pod's disruption budget/.test(error.message);

test('one eviction at a time is allowed where one pod may be missing', async () => {
  await using run = await runControllers(replicaSetController, disruptionController);
  const [first, second] = await readyReplicas(run, 3);
  assert.ok(first && second);
  await createBudget(run, { maxUnavailable: 1 });
  const status = await untilStatus(run, 3, 3, 2, 1);
  assert.deepEqual(
    status?.conditions?.map(({ type, status: value, reason }) => [type, value, reason]),
    [['DisruptionAllowed', 'True', 'SufficientPods']],
  );
  await evict(run, first);
  const disrupted = (await run.get(PODS, first.metadata?.name ?? '')).status?.conditions;
  assert.equal(disrupted?.find(({ type }) => type === 'DisruptionTarget')?.reason, 'EvictionByEvictionAPI');
  const after = await untilStatus(run, 3, 2, 2, 0);
  assert.equal(after?.conditions?.[0]?.reason, 'InsufficientPods');
  await assert.rejects(evict(run, second), isRefused);
  const fresh = (await run.pods()).find(({ status: { phase } = {} }) => phase === 'Pending');
  assert.ok(fresh);
  await setReady(run.client, fresh, true, run.clock.now());
  await untilStatus(run, 3, 3, 2, 1);
  await evict(run, second);
  assert.deepEqual(run.failures, []);
});

test('a pod that is not ready goes when enough others are, or always if the budget says so', async () => {
  await using run = await runControllers(replicaSetController, disruptionController);
  const [first, second] = await readyReplicas(run, 2);
  assert.ok(first && second);
  await createBudget(run, { minAvailable: 2 });
  await untilStatus(run, 2, 2, 2, 0);
  await setReady(run.client, first, false, run.clock.now());
  await untilStatus(run, 2, 1, 2, 0);
  await assert.rejects(evict(run, first), isRefused);
  const spec = { unhealthyPodEvictionPolicy: 'AlwaysAllow' };
  await run.client.patch(DISRUPTION_BUDGETS, 'default', 'b', 'merge', { spec });
  await evict(run, first);
  await assert.rejects(evict(run, second), isRefused);
});

test('an eviction that comes to nothing gives back what it took', async () => {
  await using run = await runControllers(replicaSetController, disruptionController);
  const [first] = await readyReplicas(run, 2);
  await createBudget(run, { minAvailable: '50%' });
  await untilStatus(run, 2, 2, 1, 1);
  const present = await run.get(DISRUPTION_BUDGETS, 'b');
  const name = first?.metadata?.name ?? '';
  const disruptedPods = { [name]: new Date(run.clock.now()).toISOString().replace('.000', '') };
  const status = { ...present.status, disruptionsAllowed: 0, disruptedPods };
  await run.client.update(DISRUPTION_BUDGETS, { ...present, status }, { subresource: 'status' });
  await untilStatus(run, 2, 1, 1, 0);
  await run.clock.advance(122_000);
  const after = await untilStatus(run, 2, 2, 1, 1);
  assert.deepEqual(after?.disruptedPods, {});
  assert.ok((await run.reasons()).includes('NotDeleted'));
});

test('a budget of pods that nobody controls is told of, and one of nothing allows nothing', async () => {
  await using run = await runControllers(disruptionController);
  await createBudget(run, { maxUnavailable: 1 });
  await untilStatus(run, 0, 0, 0, 0);
  await run.until(async () => assert.deepEqual(await run.reasons(), ['NoPods']));
  await run.client.create(PODS, {
    metadata: { name: 'p', namespace: 'default', labels: LABELS },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
  await run.until(async () => assert.ok((await run.reasons()).includes('UnmanagedPods')));
});

test('where it cannot be told how many there should be, nothing is allowed and the budget says why', async () => {
  await using run = await runControllers(disruptionController);
  await createBudget(run, { maxUnavailable: 1 });
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true };
  await run.client.create(PODS, {
    metadata: { name: 'p', namespace: 'default', labels: LABELS, ownerReferences: [owner] },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  });
  await run.until(async () => {
    const { status } = await run.get(DISRUPTION_BUDGETS, 'b');
    const [condition] = status?.conditions ?? [];
    assert.equal(condition?.reason, 'SyncFailed');
    assert.match(condition?.message ?? '', /Job "j" does not implement the scale subresource/);
  });
});
