import assert from 'node:assert/strict';
import test from 'node:test';
import { LEASES, NODES, PODS } from '../../client/resource-types.ts';
import type { Node, Pod, Toleration } from '../../model/api/types.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { podGarbageCollector } from '../pod-gc/pod-gc.ts';
import { taintEvictionController } from '../taint-eviction/taint-eviction.ts';
import { createNode, setReady } from '../testing/nodes.ts';
import { type RunningControllers, runControllers } from '../testing/run-controllers.ts';
import { nodeLifecycleController } from './node-lifecycle.ts';

const LEASE_NAMESPACE = 'kube-node-lease';

/** What an agent would write. */
async function heartbeat({ client, clock }: RunningControllers, name: string): Promise<void> {
  const renewTime = new Date(clock.now()).toISOString().replace('Z', '000Z');
  const present = await client.find(LEASES, LEASE_NAMESPACE, name);
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime };
  if (present === undefined)
    await client.create(LEASES, { metadata: { name, namespace: LEASE_NAMESPACE }, spec });
  else await client.patch(LEASES, LEASE_NAMESPACE, name, 'merge', { spec });
}

async function readyNode(run: RunningControllers, name: string): Promise<void> {
  await createNode(run.client, name);
  const time = apiTime(run.clock.now());
  const types = { Ready: 'True', MemoryPressure: 'False', DiskPressure: 'False', PIDPressure: 'False' };
  const conditions = Object.entries(types).map(([type, status]) => ({
    type,
    status,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  }));
  await run.client.patch(NODES, '', name, 'merge', { status: { conditions } }, { subresource: 'status' });
  await heartbeat(run, name);
}

function createPod(
  { client }: RunningControllers,
  name: string,
  nodeName: string,
  tolerations: Toleration[] = [],
) {
  return client.create(PODS, {
    metadata: { name, namespace: 'default' },
    spec: { nodeName, tolerations, containers: [{ name: 'c', image: 'i' }] },
  });
}

const conditionsOf = ({ status }: Node) =>
  (status?.conditions ?? []).map(({ type, status: value, reason }) =>
    `${type} ${value} ${reason ?? ''}`.trim(),
  );
const taintsOf = ({ spec }: Node) =>
  (spec?.taints ?? []).map(({ key, effect }) => `${key.split('/')[1]} ${effect}`);

async function tick(run: RunningControllers, seconds: number, alive: readonly string[]): Promise<void> {
  for (let second = 0; second < seconds; second += 5) {
    for (const name of alive) await heartbeat(run, name);
    await run.clock.advance(5000);
  }
}

test('a node that falls silent is unknown after its grace, its pods are not ready, and both come back with it', async () => {
  await using run = await runControllers(nodeLifecycleController());
  await readyNode(run, 'a');
  await readyNode(run, 'b');
  const pod = await createPod(run, 'p', 'b');
  await setReady(run.client, pod, true, run.clock.now());
  await tick(run, 35, ['a', 'b']);
  assert.match(conditionsOf(await run.client.get(NODES, '', 'b')).join(), /^Ready True/);
  await tick(run, 35, ['a']);
  assert.match(
    conditionsOf(await run.client.get(NODES, '', 'b')).join(),
    /^Ready True/,
    'the grace is not over',
  );
  await tick(run, 15, ['a']);
  await run.until(async () => {
    const node = await run.client.get(NODES, '', 'b');
    assert.deepEqual(conditionsOf(node), [
      'Ready Unknown NodeStatusUnknown',
      'MemoryPressure Unknown NodeStatusUnknown',
      'DiskPressure Unknown NodeStatusUnknown',
      'PIDPressure Unknown NodeStatusUnknown',
    ]);
    assert.deepEqual(taintsOf(node), ['unreachable NoSchedule', 'unreachable NoExecute']);
  });
  await run.until(async () => {
    const { status } = await run.get(PODS, 'p');
    assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'False');
  });
  assert.deepEqual(taintsOf(await run.client.get(NODES, '', 'a')), []);
  const back = { type: 'Ready', status: 'True', lastHeartbeatTime: apiTime(run.clock.now()) };
  await run.client.patch(
    NODES,
    '',
    'b',
    'strategic',
    { status: { conditions: [back] } },
    { subresource: 'status' },
  );
  await run.until(async () => assert.deepEqual(taintsOf(await run.client.get(NODES, '', 'b')), []));
  assert.deepEqual(run.failures, []);
});

test('a node that never said anything is unknown too, and the only one is not emptied', async () => {
  await using run = await runControllers(nodeLifecycleController());
  await createNode(run.client, 'mute');
  await tick(run, 60, []);
  await run.until(async () => {
    const node = await run.client.get(NODES, '', 'mute');
    assert.equal(conditionsOf(node)[0], 'Ready Unknown NodeStatusNeverUpdated');
    assert.deepEqual(taintsOf(node), ['unreachable NoSchedule']);
  });
});

test('time that the machine slept is no silence', async () => {
  await using run = await runControllers(nodeLifecycleController());
  await readyNode(run, 'a');
  await readyNode(run, 'b');
  await tick(run, 10, ['a', 'b']);
  run.clock.jump(3_600_000);
  await tick(run, 20, []);
  assert.match(conditionsOf(await run.client.get(NODES, '', 'b')).join(), /^Ready True/);
  await tick(run, 40, []);
  await run.until(async () =>
    assert.match(conditionsOf(await run.client.get(NODES, '', 'b')).join(), /^Ready Unknown/),
  );
});

test('pods leave a tainted node at once, after what they bear, or never', async () => {
  await using run = await runControllers(taintEvictionController);
  await createNode(run.client, 'a');
  const bears = (tolerationSeconds?: number): Toleration[] => [
    {
      key: 'k',
      operator: 'Exists',
      effect: 'NoExecute',
      ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
    },
  ];
  await createPod(run, 'at-once', 'a');
  await createPod(run, 'later', 'a', bears(30));
  await createPod(run, 'never', 'a', bears());
  const timeAdded = apiTime(run.clock.now());
  const taint = (effect: string) => ({ spec: { taints: [{ key: 'k', effect, timeAdded }] } });
  const left = async () =>
    (await run.pods())
      .filter(({ metadata }: Pod) => metadata?.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata?.name);
  await run.client.patch(NODES, '', 'a', 'merge', taint('NoSchedule'));
  for (let turn = 0; turn < 10; turn++) await run.clock.settle();
  assert.deepEqual(await left(), ['at-once', 'later', 'never']);
  await run.client.patch(NODES, '', 'a', 'merge', taint('NoExecute'));
  await run.until(async () => assert.deepEqual(await left(), ['later', 'never']));
  const gone = await run.get(PODS, 'at-once');
  const condition = gone.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  assert.equal(condition?.reason, 'DeletionByTaintManager');
  await run.clock.advance(20_000);
  await run.restart();
  await run.clock.advance(9_000);
  assert.deepEqual(await left(), ['later', 'never']);
  await run.clock.advance(2_000);
  await run.until(async () => assert.deepEqual(await left(), ['never']));
  assert.ok((await run.reasons()).includes('TaintManagerEviction'));
});

test('a pod that waits to leave stays when the taint goes', async () => {
  await using run = await runControllers(taintEvictionController);
  await createNode(run.client, 'a');
  await createPod(run, 'p', 'a', [
    { key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
  ]);
  const timeAdded = apiTime(run.clock.now());
  const taints = [{ key: 'k', effect: 'NoExecute', timeAdded }];
  await run.client.patch(NODES, '', 'a', 'merge', { spec: { taints } });
  await run.clock.advance(10_000);
  await run.client.patch(NODES, '', 'a', 'merge', { spec: { taints: null } });
  await run.clock.advance(60_000);
  assert.equal((await run.get(PODS, 'p')).metadata?.deletionTimestamp, undefined);
});

test('pods of a node that is gone are failed and removed, not before it stays gone', async () => {
  await using run = await runControllers(podGarbageCollector());
  await createNode(run.client, 'a');
  await createPod(run, 'p', 'a');
  await run.clock.advance(60_000);
  await run.client.delete(NODES, '', 'a');
  await run.clock.advance(30_000);
  assert.equal((await run.pods()).length, 1);
  await run.clock.advance(60_000);
  await run.until(async () => assert.deepEqual(await run.pods(), []));
});

test('of the pods that have ended the oldest go when there are too many', async () => {
  const options = { periodMs: 20_000, quarantineMs: 40_000, terminatedThreshold: 2 };
  await using run = await runControllers(podGarbageCollector(options));
  await createNode(run.client, 'a');
  for (const name of ['p1', 'p2', 'p3', 'p4']) {
    const pod = await createPod(run, name, 'a');
    if (name !== 'p4') await run.end(pod, 0);
    await run.clock.advance(1000);
  }
  await run.clock.advance(25_000);
  await run.until(async () =>
    assert.deepEqual(
      (await run.pods()).map(({ metadata }) => metadata?.name),
      ['p2', 'p3', 'p4'],
    ),
  );
});
