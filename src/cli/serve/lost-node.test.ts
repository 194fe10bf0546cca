/** A node's agent and the controllers that watch over it, on an API server of their own. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { test } from 'node:test';
import { keepNode } from '../../agent/node/keep-node.ts';
import type { NodeDescription } from '../../agent/node/node-object.ts';
import { NODES, PODS } from '../../client/resource-types.ts';
import { ServerPodClient } from '../../client/server-pod-client.ts';
import { nodeLifecycleController } from '../../controllers/node-lifecycle/node-lifecycle.ts';
import { runControllers } from '../../controllers/testing/run-controllers.ts';
import type { PodStatus } from '../../model/api/types.ts';

const INFO: NodeDescription['info'] = {
  architecture: 'amd64',
  bootID: '',
  containerRuntimeVersion: '',
  kernelVersion: '',
  kubeProxyVersion: '',
  kubeletVersion: '',
  machineID: '',
  operatingSystem: 'linux',
  osImage: '',
  systemUUID: '',
};

test('a node that was taken for lost and comes back has its pods ready again', async () => {
  await using run = await runControllers(nodeLifecycleController());
  const { client, clock } = run;
  const onError = (error: unknown) => void run.failures.push(error);
  const describe = async (): Promise<NodeDescription> => ({
    name: 'n',
    labels: {},
    ips: ['10.0.0.1'],
    capacity: { cpu: '1' },
    allocatable: { cpu: '1' },
    info: INFO,
    images: [],
    pressure: new Set(),
  });
  const stop = new AbortController();
  const alive = () => {
    const life = new AbortController();
    const ended = keepNode({ client, clock, describe, onError }, life.signal);
    return { [Symbol.asyncDispose]: async () => (life.abort(), ended) };
  };
  const readiness = async () => {
    const node = await client.get(NODES, '', 'n');
    const pod = await client.find(PODS, 'default', 'p');
    return [node, pod].map((one) => one?.status?.conditions?.find(({ type }) => type === 'Ready')?.status);
  };
  const untilReady = (...expected: string[]) =>
    run.until(async () => assert.deepEqual(await readiness(), expected));

  {
    await using _node = alive();
    await run.until(async () => assert.ok(await client.find(NODES, '', 'n')));
    await client.create(PODS, {
      metadata: { name: 'p', namespace: 'default' },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    });
  }
  const pods = new ServerPodClient({ client, nodeName: 'n', clock, random: () => 0.5, onError });
  const [pod] = await pods.listPods();
  assert.ok(pod);
  const status: PodStatus = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  await pods.updatePodStatus(pod, status);
  await untilReady('True', 'True');
  const why = { type: 'Ours', status: 'True' };
  await client.patch(
    PODS,
    'default',
    'p',
    'strategic',
    { status: { conditions: [why] } },
    { subresource: 'status' },
  );
  await clock.advance(60_000);
  await untilReady('Unknown', 'False');

  await using _node = alive();
  await run.until(async () => assert.equal((await readiness())[0], 'True'));
  // The agent hears of the mark that was set while it was away.
  const watching = (async () => {
    for await (const _ of pods.watchPods({ signal: stop.signal }));
  })();
  await client.patch(PODS, 'default', 'p', 'merge', { metadata: { labels: { a: 'b' } } });
  await untilReady('True', 'True');
  await pods.updatePodStatus({ ...pod, status }, { ...status, podIPs: [{ ip: '10.1.1.1' }] });
  const types = (await client.get(PODS, 'default', 'p')).status?.conditions?.map(({ type }) => type);
  assert.ok(types?.includes('Ours'), 'conditions of others stay');
  stop.abort();
  await watching.catch(() => {});
  assert.deepEqual(run.failures, []);
});

test('what the node itself says of a pod stands, also when the watch tells of it before the write is answered', async () => {
  await using run = await runControllers();
  const { client, clock } = run;
  const onError = (error: unknown) => void run.failures.push(error);
  const pods = new ServerPodClient({ client, nodeName: 'n', clock, random: () => 0.5, onError });
  const pod = await client.create(PODS, {
    metadata: { name: 'p', namespace: 'default' },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
  });
  const say = (ready: string) =>
    pods.updatePodStatus(pod, { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] });
  await say('True');
  const stop = new AbortController();
  let heard = 0;
  const watching = (async () => {
    for await (const _ of pods.watchPods({ signal: stop.signal })) heard += 1;
  })();
  await run.until(async () => assert.equal(heard, 1));

  const patch = client.patch.bind(client);
  const written: unknown[] = [];
  const answerLate = async (...args: Parameters<typeof patch>) => {
    written.push(args[4]);
    const answer = await patch(...args);
    await setTimeout(50);
    return answer;
  };
  Object.assign(client, { patch: answerLate });
  await say('False');
  await setTimeout(50);

  assert.equal(written.length, 1);
  const { status } = await client.get(PODS, 'default', 'p');
  assert.equal(status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'False');
  stop.abort();
  await watching.catch(() => {});
  assert.deepEqual(run.failures, []);
});
