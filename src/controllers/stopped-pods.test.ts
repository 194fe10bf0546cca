import assert from 'node:assert/strict';
import test from 'node:test';
import { PODS } from '../client/resource-types.ts';
import { STOPPED_ANNOTATION } from '../model/stopped-pods.ts';
import { stoppedPodController } from './stopped-pods.ts';
import { bindPod, createNode } from './testing/nodes.ts';
import { runControllers } from './testing/run-controllers.ts';

test('a pod that is stopped before it is on a node fails; one that is on a node is left to that', async () => {
  await using run = await runControllers(stoppedPodController);
  await createNode(run.client, 'n');
  for (const name of ['placed', 'waits', 'lives'])
    await run.client.create(PODS, {
      metadata: { name, namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    });
  await bindPod(run.client, await run.get(PODS, 'placed'), 'n');
  const stopped = { metadata: { annotations: { [STOPPED_ANNOTATION]: 'now' } } };
  for (const name of ['placed', 'waits']) await run.client.patch(PODS, 'default', name, 'merge', stopped);

  await run.until(async () => {
    const { status } = await run.get(PODS, 'waits');
    assert.deepEqual([status?.phase, status?.reason], ['Failed', 'Stopped']);
    assert.match(status?.message ?? '', /before there was room/);
  });
  for (const name of ['placed', 'lives']) assert.equal((await run.get(PODS, name)).status?.phase, 'Pending');
  assert.deepEqual(run.failures, []);
});
