import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeapodError } from '../model/errors.ts';
import type { EventOptions, PodRuntime, RuntimeEvent } from '../runtime/pod-runtime.ts';
import { container, FakeNode } from './testing/fake-node.ts';

test('a pod comes up: cgroup, volumes, sandbox, init containers in order, then all app containers', async () => {
  await using node = new FakeNode({
    script: (name) => (name.startsWith('init') ? { exitAfterMs: 100 } : undefined),
  });
  await node.run({
    initContainers: [container('init-a'), container('init-b')],
    containers: [container('one'), container('two')],
  });
  assert.deepEqual(node.started(), ['init-a#0']);
  assert.equal(node.status('one').state?.waiting?.reason, 'PodInitializing');
  assert.equal(node.pod().status?.phase, 'Pending');
  await node.clock.advance(250);
  assert.deepEqual(node.started(), ['init-a#0', 'init-b#0', 'one#0', 'two#0']);
  assert.equal(node.pod().status?.phase, 'Running');
  assert.equal(node.status('one').ready, true);
  assert.equal(node.status('init-a').state?.terminated?.reason, 'Completed');
  assert.equal(node.pod().status?.podIP, '10.0.0.2');
  assert.deepEqual(
    node.pod().status?.conditions?.map(({ type, status }) => `${type}=${status}`),
    [
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ],
  );
  assert.deepEqual(node.eventTexts().slice(0, 4), [
    'Pulling: Pulling image "app:1"',
    'Pulled: Successfully pulled image "app:1" in 0s (0s including waiting). Image size: 4096 bytes.',
    'Created: Container created',
    'Started: Container started',
  ]);
  assert.ok(
    node
      .eventTexts()
      .includes('Pulled: Container image "app:1" already present on machine and can be accessed by the pod'),
  );
});

test('a container that keeps failing is restarted at once, then after 10, 20, 40 seconds', async () => {
  await using node = new FakeNode({ script: () => ({ exitAfterMs: 1, exitCode: 3 }) });
  await node.run({ containers: [container('main')] });
  await node.clock.advance(2);
  assert.deepEqual(node.started(), ['main#0', 'main#1']);
  await node.clock.advance(2);
  const status = node.status('main');
  assert.equal(status.state?.waiting?.reason, 'CrashLoopBackOff');
  assert.equal(
    status.state?.waiting?.message,
    'back-off 10s restarting failed container=main pod=web_default(u1)',
  );
  assert.equal(status.lastState?.terminated?.exitCode, 3);
  assert.equal(node.pod().status?.phase, 'Running');
  assert.ok(
    node.eventTexts().includes('BackOff: Back-off restarting failed container main in pod web_default(u1)'),
  );
  await node.clock.advance(9000);
  assert.equal(node.started().length, 2);
  await node.clock.advance(1010);
  assert.equal(node.started().length, 3);
  await node.clock.advance(19_000);
  assert.equal(node.started().length, 3);
  await node.clock.advance(1010);
  assert.equal(node.started().length, 4);
  assert.equal(node.status('main').restartCount, 3);
});

test('what was asked for once ends as Succeeded, or as Failed', async () => {
  for (const [exitCode, phase] of [
    [0, 'Succeeded'],
    [4, 'Failed'],
  ] as const) {
    await using node = new FakeNode({ script: () => ({ exitAfterMs: 5, exitCode }) });
    await node.run({ containers: [container('main')], restartPolicy: 'Never' });
    await node.clock.advance(10);
    assert.equal(node.pod().status?.phase, phase);
    assert.deepEqual([...node.volumes, ...node.cgroups], []);
    assert.equal([...node.runtime.sandboxes.values()][0]?.state, 'SANDBOX_NOTREADY');
    await node.clock.advance(60_000);
    assert.deepEqual(node.started(), ['main#0']);
  }
});

test('deletion stops the containers within their grace and leaves nothing', async () => {
  await using node = new FakeNode({ script: (name) => ({ ignoresStop: name === 'stubborn' }) });
  await node.run({
    containers: [container('good'), container('stubborn')],
    terminationGracePeriodSeconds: 20,
  });
  await node.client.deletePod('default', 'web');
  await node.clock.advance(19_000);
  assert.deepEqual(
    node.runtime.journal.filter((line) => line.startsWith('exit')),
    ['exit good#0 143'],
  );
  assert.equal(node.client.pods.size, 1);
  await node.clock.advance(1100);
  assert.equal(node.client.pods.size, 0);
  assert.deepEqual(
    [...node.runtime.sandboxes, ...node.runtime.containers, ...node.volumes, ...node.cgroups],
    [],
  );
  assert.deepEqual([...node.files.files.keys()], []);
  assert.ok(node.eventTexts().includes('Killing: Stopping container stubborn'));
});

test('what an ended pod has on the node goes with its object, not with the next round', async () => {
  await using node = new FakeNode({ script: () => ({ exitAfterMs: 10 }) });
  await node.run({ containers: [container('main')], restartPolicy: 'Never' });
  await node.clock.advance(100);
  assert.equal(node.pod().status?.phase, 'Succeeded');
  assert.equal(node.runtime.containers.size, 1, 'its logs can be read');
  await node.client.removePod(node.pod());
  await node.clock.advance(100);
  assert.deepEqual([...node.runtime.sandboxes, ...node.runtime.containers], []);
  assert.deepEqual([...node.files.files.keys()], []);
});

test('a second, shorter deletion cuts the grace period', async () => {
  await using node = new FakeNode({ script: () => ({ ignoresStop: true }) });
  await node.run({ containers: [container('main')] });
  await node.client.deletePod('default', 'web');
  await node.clock.advance(1000);
  await node.client.deletePod('default', 'web', { gracePeriodSeconds: 0 });
  await node.clock.settle();
  assert.equal(node.client.pods.size, 0);
});

test('an image that cannot be pulled is told of and tried again with back-off', async () => {
  await using node = new FakeNode();
  const failure = new PeapodError('ImageNotFound', 'registry answered 404');
  node.runtime.pullFailures.set('app:1', [failure, failure]);
  await node.run({ containers: [container('main')] });
  assert.equal(node.status('main').state?.waiting?.reason, 'ErrImagePull');
  assert.equal(node.status('main').state?.waiting?.message, 'registry answered 404');
  await node.clock.advance(2000);
  assert.equal(node.status('main').state?.waiting?.reason, 'ImagePullBackOff');
  await node.clock.advance(10_000);
  assert.equal(node.runtime.journal.filter((line) => line === 'pull app:1').length, 2);
  await node.clock.advance(25_000);
  assert.deepEqual(node.started(), ['main#0']);
  assert.ok(node.eventTexts().includes('Failed: Failed to pull image "app:1": registry answered 404'));
  assert.ok(node.eventTexts().includes('BackOff: Back-off pulling image "app:1"'));
});

test('a missing ConfigMap holds the container up until it is there', async () => {
  await using node = new FakeNode();
  const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cfg', key: 'a' } } }];
  await node.run({ containers: [container('main', { env })] });
  assert.deepEqual(node.status('main').state?.waiting, {
    reason: 'CreateContainerConfigError',
    message: 'configmap "cfg" not found',
  });
  assert.ok(node.eventTexts().includes('Failed: Error: configmap "cfg" not found'));
  node.client.configMaps.set('cfg', { data: { a: 'b' } });
  await node.clock.advance(11_000);
  assert.deepEqual(node.runtime.configs[0]?.env, [{ name: 'A', value: 'b' }]);
});

test('a new agent takes running containers over, with their restart counts and back-off', async () => {
  await using node = new FakeNode({ script: () => ({ exitAfterMs: 1000, exitCode: 1 }) });
  await node.run({ containers: [container('main')] });
  await node.clock.advance(1500);
  assert.deepEqual(node.started(), ['main#0', 'main#1']);
  await node.restartAgent();
  assert.deepEqual(node.started(), ['main#0', 'main#1']);
  assert.equal(node.status('main').restartCount, 1);
  await node.clock.advance(1000);
  await node.restartAgent();
  assert.equal(node.status('main').state?.waiting?.reason, 'CrashLoopBackOff');
  await node.clock.advance(9000);
  assert.equal(node.started().length, 2);
  await node.clock.advance(1000);
  assert.equal(node.started().length, 3);
});

test('when the infra container dies the sandbox is made anew, and the containers in it', async () => {
  await using node = new FakeNode({ script: (name) => (name === 'init' ? { exitAfterMs: 1 } : undefined) });
  await node.run({ initContainers: [container('init')], containers: [container('main')] });
  await node.clock.advance(10);
  node.runtime.killSandbox('u1');
  await node.clock.advance(10);
  assert.deepEqual(node.started(), ['init#0', 'main#0', 'init#1', 'main#1']);
  assert.ok(
    node.eventTexts().includes('SandboxChanged: Pod sandbox changed, it will be killed and re-created.'),
  );
  assert.deepEqual(
    [...node.runtime.sandboxes.values()].map(({ state }) => state),
    ['SANDBOX_NOTREADY', 'SANDBOX_READY'],
  );
});

test('what ends while the runtime tells of nothing is seen once it does again', async () => {
  const broken = Promise.withResolvers<never>();
  let times = 0;
  const events = (runtime: PodRuntime, options: EventOptions): AsyncIterable<RuntimeEvent> =>
    times++ === 0 ? failing(broken.promise) : runtime.events(options);
  await using node = new FakeNode({
    mortal: (target) =>
      new Proxy(target, {
        get(_, name) {
          if (name === 'events') return (options: EventOptions) => events(target as PodRuntime, options);
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      }),
  });
  await node.run({ containers: [container('main')] });
  assert.deepEqual(node.started(), ['main#0']);
  broken.reject(new Error('it cannot be looked at'));
  await node.clock.settle();
  node.runtime.exit('main', 1);
  await node.clock.settle();
  assert.deepEqual(node.started(), ['main#0']);
  await node.clock.advance(1100);
  assert.deepEqual(node.started(), ['main#0', 'main#1']);
});

/** Tells of nothing until it fails. */
async function* failing(broken: Promise<never>): AsyncIterable<never> {
  yield await broken;
}

test('a stopped pod keeps its object and logs, and restarts nothing', async () => {
  await using node = new FakeNode();
  await node.run({ containers: [container('main')] });
  node.client.change('web', (pod) => ({
    ...pod,
    metadata: {
      ...pod.metadata,
      annotations: { 'peapod.dev/stopped': 'now', 'peapod.dev/stop-grace-period-seconds': '3' },
    },
  }));
  await node.clock.advance(60_000);
  assert.equal(node.pod().status?.phase, 'Failed');
  assert.equal(node.status('main').state?.terminated?.exitCode, 143);
  assert.ok(node.runtime.journal.includes('stop main#0 3000'));
  assert.equal(node.runtime.containers.size, 1);
});

test('a pod that is past its deadline is failed', async () => {
  await using node = new FakeNode();
  await node.run({ containers: [container('main')], activeDeadlineSeconds: 30 });
  await node.clock.advance(29_000);
  assert.equal(node.pod().status?.phase, 'Running');
  await node.clock.advance(1500);
  assert.equal(node.pod().status?.phase, 'Failed');
  assert.equal(node.pod().status?.reason, 'DeadlineExceeded');
  assert.equal(node.status('main').state?.terminated?.exitCode, 143);
});

test('no timer is left when the agent ends', async () => {
  const node = new FakeNode();
  await node.run({
    containers: [container('main', { livenessProbe: { exec: { command: ['true'] } } })],
  });
  await node.clock.advance(25_000);
  await node.stop();
  assert.equal(node.clock.sleeping, 0);
  assert.equal([...node.runtime.containers.values()][0]?.status.state, 'CONTAINER_RUNNING');
  assert.deepEqual(node.logged, []);
});

test('a status that could not be written is written a moment later, also the last one of a pod', async () => {
  await using node = new FakeNode({ script: () => ({ exitAfterMs: 100 }) });
  const write = node.client.updatePodStatus.bind(node.client);
  let isAway = false;
  let tries = 0;
  node.client.updatePodStatus = async (pod, status) => {
    tries += 1;
    if (isAway) throw new PeapodError('Unavailable', 'the server is away');
    await write(pod, status);
  };
  await node.run({ restartPolicy: 'Never', containers: [container('main')] });
  assert.equal(node.pod().status?.phase, 'Running');
  isAway = true;
  tries = 0;
  await node.clock.advance(60_000);
  assert.equal(node.pod().status?.phase, 'Running');
  assert.ok(tries >= 4 && tries <= 20, `tried ${tries} times in a minute`);
  isAway = false;
  await node.clock.advance(60_000);
  assert.equal(node.pod().status?.phase, 'Succeeded');
});
