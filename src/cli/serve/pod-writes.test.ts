/** What the agent and users write of pods, as an API server keeps it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApi } from '../../apiserver/testing/start-api.ts';
import { NAMESPACES, PODS, SERVICE_ACCOUNTS } from '../../client/resource-types.ts';
import { ServerPodClient } from '../../client/server-pod-client.ts';
import type { PodCondition, PodStatus } from '../../model/api/types.ts';
import { FakeClock } from '../../model/testing/fake-clock.ts';

async function startWithPod() {
  const clock = new FakeClock();
  const api = await startApi(undefined, clock);
  const { client } = api;
  await client.create(NAMESPACES, { metadata: { name: 'default' } }).catch(() => {});
  await client
    .create(SERVICE_ACCOUNTS, { metadata: { name: 'default', namespace: 'default' } })
    .catch(() => {});
  const pod = await client.create(PODS, {
    metadata: { name: 'p', namespace: 'default' },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1' } } }] },
  });
  return { api, client, clock, pod };
}

test('a condition that holds again no longer says why it did not', async () => {
  const { api, client, clock, pod } = await startWithPod();
  await using _ = api;
  const onError = (error: unknown) => assert.fail(String(error));
  const agent = new ServerPodClient({ client, nodeName: 'n', clock, random: () => 0, onError });
  const unready: PodCondition = {
    type: 'Ready',
    status: 'False',
    reason: 'ContainersNotReady',
    message: 'containers with unready status: [c]',
  };
  const before: PodStatus = { phase: 'Pending', conditions: [unready] };
  const after: PodStatus = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  await agent.updatePodStatus({ ...pod, status: {} }, before);
  await agent.updatePodStatus({ ...pod, status: before }, after);
  const { status } = await client.get(PODS, 'default', 'p');
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  assert.deepEqual(ready, { type: 'Ready', status: 'True' });
});

test('a pod that somebody looked into can be resized', async () => {
  const { api, client, pod } = await startWithPod();
  await using _ = api;
  const ephemeralContainers = [{ name: 'debugger', image: 'i' }];
  const added = {
    ...pod,
    spec: { ...pod.spec, containers: pod.spec?.containers ?? [], ephemeralContainers },
  };
  await client.update(PODS, added, { subresource: 'ephemeralcontainers' });
  const patch = { spec: { containers: [{ name: 'c', resources: { requests: { cpu: '2' } } }] } };
  await client.patch(PODS, 'default', 'p', 'strategic', patch, { subresource: 'resize' });
  const { spec } = await client.get(PODS, 'default', 'p');
  assert.equal(spec?.containers[0]?.resources?.requests?.['cpu'], '2');
  assert.equal(spec?.ephemeralContainers?.[0]?.name, 'debugger');
});
