import assert from 'node:assert/strict';
import test from 'node:test';
import { POD_GROUPS, PODS } from '../client/resource-types.ts';
import type { Pod } from '../model/api/types.ts';
import { podGroupController } from './pod-group.ts';
import { bindPod, createNode } from './testing/nodes.ts';
import { type RunningControllers, runControllers } from './testing/run-controllers.ts';

function createMember({ client }: RunningControllers, name: string): Promise<Pod> {
  return client.create(PODS, {
    metadata: { name, namespace: 'default' },
    spec: { schedulingGroup: { podGroupName: 'g' }, containers: [{ name: 'c', image: 'i' }] },
  });
}

function untilCondition(run: RunningControllers, status: string, message: RegExp): Promise<void> {
  return run.until(async () => {
    const { status: present } = await run.get(POD_GROUPS, 'g');
    const [condition] = present?.conditions ?? [];
    assert.deepEqual([condition?.type, condition?.status], ['PodGroupScheduled', status]);
    assert.match(condition?.message ?? '', message);
  });
}

test('a group is scheduled when as many of its pods as it needs have a node', async () => {
  await using run = await runControllers(podGroupController);
  await createNode(run.client, 'n');
  await run.client.create(POD_GROUPS, {
    metadata: { name: 'g', namespace: 'default' },
    spec: { schedulingPolicy: { gang: { minCount: 2 } } },
  });
  await untilCondition(run, 'False', /0 of at least 2 pods are there/);
  const first = await createMember(run, 'p1');
  const second = await createMember(run, 'p2');
  const said = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no room' };
  const status = { conditions: [said] };
  await run.client.patch(PODS, 'default', 'p1', 'merge', { status }, { subresource: 'status' });
  await untilCondition(run, 'False', /^no room$/);
  await bindPod(run.client, first, 'n');
  await bindPod(run.client, second, 'n');
  await untilCondition(run, 'True', /2 of at least 2/);
  assert.deepEqual(run.failures, []);
});
