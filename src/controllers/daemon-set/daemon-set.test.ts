import assert from 'node:assert/strict';
import test from 'node:test';
import { CONTROLLER_REVISIONS, DAEMON_SETS, NODES, PODS } from '../../client/resource-types.ts';
import type { DaemonSet, DaemonSetSpec, Pod } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';
import { bindPod, createNode, setReady } from '../testing/nodes.ts';
import { type RunningControllers, runControllers } from '../testing/run-controllers.ts';
import { HASH_LABEL, targetNode } from './daemon-pod.ts';
import { daemonSetController } from './daemon-set.ts';

const LABELS = { app: 'd' };

function specOf(image: string): DaemonSetSpec {
  return {
    selector: { matchLabels: LABELS },
    template: { metadata: { labels: LABELS }, spec: { containers: [{ name: 'c', image }] } },
  };
}

function createSet({ client }: RunningControllers, spec: Partial<DaemonSetSpec> = {}): Promise<DaemonSet> {
  return client.create(DAEMON_SETS, {
    metadata: { name: 'd', namespace: 'default' },
    spec: { ...specOf('v1'), ...spec },
  });
}

const isStaying = ({ metadata }: Pod) => metadata?.deletionTimestamp === undefined;
const imageOf = ({ spec }: Pod) => spec?.containers[0]?.image;

async function untilOn(run: RunningControllers, ...nodes: string[]): Promise<Pod[]> {
  return run.until(async () => {
    const pods = (await run.pods()).filter(isStaying);
    assert.deepEqual(new Set(pods.map((pod) => targetNode(pod))), new Set(nodes));
    assert.equal(pods.length, nodes.length);
    return pods;
  });
}

/** What scheduler and agents would do: binds, runs and removes. */
async function play(run: RunningControllers): Promise<void> {
  for (const pod of await run.pods())
    await playOne(run, pod).catch((error: unknown) => {
      // It is being replaced meanwhile.
      if (!isPeapodError(error, 'NotFound') && !isPeapodError(error, 'Conflict')) throw error;
    });
}

async function playOne({ client, clock }: RunningControllers, pod: Pod): Promise<void> {
  if (!isStaying(pod))
    return client.delete(PODS, 'default', pod.metadata?.name ?? '', { gracePeriodSeconds: 0 });
  if (!pod.spec?.nodeName) await bindPod(client, pod, targetNode(pod) ?? '');
  if (pod.status?.phase === undefined || pod.status.phase === 'Pending')
    await setReady(client, pod, true, clock.now());
}

async function untilRolledOut(run: RunningControllers, image: string, count: number): Promise<void> {
  await run.until(async () => {
    await play(run);
    const { status } = await run.get(DAEMON_SETS, 'd');
    const pods = (await run.pods()).filter(isStaying);
    assert.deepEqual(
      [
        status?.updatedNumberScheduled,
        status?.numberAvailable,
        pods.filter((pod) => imageOf(pod) === image).length,
      ],
      [count, count, count],
    );
  });
}

test('each node that the set wants gets one pod, tied to it and steadfast', async () => {
  await using run = await runControllers(daemonSetController);
  await createNode(run.client, 'a', { labels: { disk: 'ssd' } });
  await createNode(run.client, 'b');
  const taints = [{ key: 'gpu', effect: 'NoSchedule' }];
  await createNode(run.client, 'c', { labels: { disk: 'ssd' }, spec: { taints } });
  const template = {
    metadata: { labels: LABELS },
    spec: { containers: [{ name: 'c', image: 'v1' }], nodeSelector: { disk: 'ssd' } },
  };
  await createSet(run, { template });
  const [pod] = await untilOn(run, 'a');
  const tolerated = pod?.spec?.tolerations?.map(({ key, effect }) => `${key?.split('/')[1]} ${effect}`);
  assert.deepEqual(tolerated, [
    'not-ready NoExecute',
    'unreachable NoExecute',
    'disk-pressure NoSchedule',
    'memory-pressure NoSchedule',
    'pid-pressure NoSchedule',
    'unschedulable NoSchedule',
  ]);
  await run.client.patch(NODES, '', 'b', 'merge', { metadata: { labels: { disk: 'ssd' } } });
  await untilOn(run, 'a', 'b');
  await createNode(run.client, 'd', { labels: { disk: 'ssd' }, spec: { unschedulable: true } });
  await untilOn(run, 'a', 'b', 'd');
  await run.until(async () => {
    const { status } = await run.get(DAEMON_SETS, 'd');
    assert.deepEqual(
      [status?.desiredNumberScheduled, status?.currentNumberScheduled, status?.numberUnavailable],
      [3, 3, 3],
    );
  });
  assert.deepEqual(run.failures, []);
});

test('a pod leaves a node that the set no longer wants, and stays where new ones would not go', async () => {
  await using run = await runControllers(daemonSetController);
  await createNode(run.client, 'a');
  await createNode(run.client, 'b');
  await createSet(run);
  await untilOn(run, 'a', 'b');
  const taint = (effect: string) => ({ spec: { taints: [{ key: 'k', effect }] } });
  await run.client.patch(NODES, '', 'a', 'merge', taint('NoSchedule'));
  await run.client.patch(NODES, '', 'b', 'merge', taint('NoExecute'));
  await untilOn(run, 'a');
  await run.until(async () => {
    const { status } = await run.get(DAEMON_SETS, 'd');
    assert.deepEqual([status?.desiredNumberScheduled, status?.numberMisscheduled], [0, 1]);
  });
});

test('a new template replaces one pod after the other, and undo brings the old revision back as the newest', async () => {
  await using run = await runControllers(daemonSetController);
  for (const name of ['a', 'b', 'c']) await createNode(run.client, name);
  await createSet(run);
  await untilRolledOut(run, 'v1', 3);
  const change = (image: string) =>
    run.client.patch(DAEMON_SETS, 'default', 'd', 'merge', { spec: { template: specOf(image).template } });
  await change('v2');
  await run.until(async () => assert.equal((await run.pods()).filter((pod) => !isStaying(pod)).length, 1));
  for (let turn = 0; turn < 20; turn++) await run.clock.settle();
  assert.equal((await run.pods()).filter(isStaying).length, 2, 'only one is missing at a time');
  await untilRolledOut(run, 'v2', 3);
  const revisions = async () =>
    (await run.client.list(CONTROLLER_REVISIONS, { namespace: 'default' })).items.toSorted(
      (a, b) => a.revision - b.revision,
    );
  const [first, second] = await revisions();
  assert.deepEqual([first?.revision, second?.revision], [1, 2]);
  await run.client.patch(DAEMON_SETS, 'default', 'd', 'strategic', first?.data);
  await untilRolledOut(run, 'v1', 3);
  const after = await revisions();
  assert.deepEqual(
    after.map(({ metadata, revision }) => [metadata?.name, revision]),
    [
      [second?.metadata?.name, 2],
      [first?.metadata?.name, 3],
    ],
  );
  const hashes = (await run.pods()).map(({ metadata }) => metadata?.labels?.[HASH_LABEL]);
  assert.deepEqual(new Set(hashes), new Set([first?.metadata?.labels?.[HASH_LABEL]]));
});

test('while it surges no node is ever without a pod that serves', async () => {
  await using run = await runControllers(daemonSetController);
  for (const name of ['a', 'b']) await createNode(run.client, name);
  const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
  await createSet(run, { updateStrategy: { type: 'RollingUpdate', rollingUpdate } });
  await untilRolledOut(run, 'v1', 2);
  await run.client.patch(DAEMON_SETS, 'default', 'd', 'merge', { spec: { template: specOf('v2').template } });
  const fresh = await run.until(async () => {
    const pods = await run.pods();
    assert.deepEqual([pods.length, pods.filter(isStaying).length], [3, 3]);
    return pods.find((pod) => imageOf(pod) === 'v2');
  });
  for (let turn = 0; turn < 20; turn++) await run.clock.settle();
  assert.equal((await run.pods()).length, 3, 'only one more at a time, and the old one waits for it');
  assert.ok(fresh !== undefined);
  await setReady(run.client, fresh, true, run.clock.now());
  await untilRolledOut(run, 'v2', 2);
});

test('with OnDelete a pod is replaced when somebody deletes it', async () => {
  await using run = await runControllers(daemonSetController);
  await createNode(run.client, 'a');
  await createSet(run, { updateStrategy: { type: 'OnDelete' } });
  await untilRolledOut(run, 'v1', 1);
  await run.client.patch(DAEMON_SETS, 'default', 'd', 'merge', { spec: { template: specOf('v2').template } });
  await run.until(async () =>
    assert.equal((await run.get(DAEMON_SETS, 'd')).status?.updatedNumberScheduled, 0),
  );
  const [pod] = await run.pods();
  assert.deepEqual([pod?.metadata?.deletionTimestamp, pod && imageOf(pod)], [undefined, 'v1']);
  await run.client.delete(PODS, 'default', pod?.metadata?.name ?? '');
  await untilRolledOut(run, 'v2', 1);
});

test('a pod that has ended is replaced, each time a little later', async () => {
  await using run = await runControllers(daemonSetController);
  await createNode(run.client, 'a');
  await createSet(run);
  const [first] = await untilOn(run, 'a');
  assert.ok(first);
  await run.end(first, 1);
  const replacement = (previous: Pod) =>
    run.until(async () => {
      await play(run);
      const [pod] = (await run.pods()).filter(isStaying);
      assert.ok(pod !== undefined && pod.metadata?.uid !== previous.metadata?.uid);
      return pod;
    });
  const second = await replacement(first);
  assert.ok((await run.reasons()).includes('FailedDaemonPod'));
  await run.end(second, 1);
  for (let turn = 0; turn < 30; turn++) await run.clock.settle();
  assert.equal((await run.pods())[0]?.metadata?.uid, second.metadata?.uid, 'not at once');
  await run.clock.advance(1100);
  await replacement(second);
});
