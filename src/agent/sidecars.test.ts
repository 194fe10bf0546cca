import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '../model/api/types.ts';
import { container, FakeNode } from './testing/fake-node.ts';

function sidecar(name: string, rest: Partial<Container> = {}): Container {
  return container(name, { restartPolicy: 'Always', ...rest });
}

test('sidecars start in order, each gating on its startup probe, and go on beside the others', async () => {
  let up = false;
  await using node = new FakeNode({
    exec: () => (up ? 0 : 1),
    script: (name) => (name === 'init' ? { exitAfterMs: 10 } : undefined),
  });
  await node.run({
    initContainers: [
      sidecar('first', {
        startupProbe: { exec: { command: ['up'] }, periodSeconds: 1, failureThreshold: 30 },
      }),
      container('init'),
      sidecar('second'),
    ],
    containers: [container('app')],
  });
  await node.clock.advance(3000);
  assert.deepEqual(node.started(), ['first#0']);
  assert.equal(node.pod().status?.phase, 'Pending');
  up = true;
  await node.clock.advance(2000);
  assert.deepEqual(node.started(), ['first#0', 'init#0', 'second#0', 'app#0']);
  assert.equal(node.pod().status?.phase, 'Running');
  assert.equal(node.status('first').ready, true);
});

test('a sidecar that ends is started again and holds nobody up', async () => {
  await using node = new FakeNode();
  await node.run({
    initContainers: [sidecar('side')],
    containers: [container('app')],
    restartPolicy: 'Never',
  });
  await node.clock.advance(10);
  node.runtime.exit('side', 0);
  await node.clock.advance(10);
  assert.deepEqual(node.started(), ['side#0', 'app#0', 'side#1']);
  assert.equal(node.pod().status?.phase, 'Running');
});

test('when the app containers are done the sidecars are stopped, the last one first', async () => {
  await using node = new FakeNode({ script: (name) => (name === 'app' ? { exitAfterMs: 1000 } : undefined) });
  await node.run({
    initContainers: [sidecar('one'), sidecar('two')],
    containers: [container('app')],
    restartPolicy: 'Never',
  });
  await node.clock.advance(2000);
  assert.deepEqual(
    node.runtime.journal.filter((line) => line.startsWith('exit')),
    ['exit app#0 0', 'exit two#0 143', 'exit one#0 143'],
  );
  assert.equal(node.pod().status?.phase, 'Succeeded');
});

test('on deletion sidecars outlive the app containers, but not the grace period', async () => {
  await using node = new FakeNode({
    script: (name) => (name === 'app' ? { ignoresStop: true } : undefined),
  });
  await node.run({
    initContainers: [sidecar('side')],
    containers: [container('app')],
    terminationGracePeriodSeconds: 10,
  });
  await node.client.deletePod('default', 'web');
  await node.clock.advance(9000);
  assert.ok(!node.runtime.journal.some((line) => line.startsWith('stop side')));
  await node.clock.advance(4000);
  assert.deepEqual(
    node.runtime.journal.filter((line) => line.startsWith('exit')),
    ['exit app#0 137', 'exit side#0 143'],
  );
  assert.equal(node.client.pods.size, 0);
});

test('an init container that fails is tried again, and with Never fails the pod', async () => {
  await using again = new FakeNode({
    script: (name, attempt) =>
      name === 'init' ? { exitAfterMs: 1, exitCode: attempt === 0 ? 1 : 0 } : undefined,
  });
  await again.run({ initContainers: [container('init')], containers: [container('app')] });
  await again.clock.advance(20);
  assert.deepEqual(again.started(), ['init#0', 'init#1', 'app#0']);

  await using never = new FakeNode({ script: () => ({ exitAfterMs: 1, exitCode: 1 }) });
  await never.run({
    initContainers: [container('init')],
    containers: [container('app')],
    restartPolicy: 'Never',
  });
  await never.clock.advance(20);
  assert.deepEqual(never.started(), ['init#0']);
  assert.equal(never.pod().status?.phase, 'Failed');
});

test('an ephemeral container joins a running pod, is never restarted, and changes no phase', async () => {
  await using node = new FakeNode({
    script: (name) => (name === 'debug' ? { exitAfterMs: 500, exitCode: 1 } : undefined),
  });
  await node.run({ containers: [container('app')] });
  node.client.change('web', (pod) => ({
    ...pod,
    spec: {
      ...pod.spec,
      containers: pod.spec?.containers ?? [],
      ephemeralContainers: [{ name: 'debug', image: 'app:1', targetContainerName: 'app' }],
    },
  }));
  await node.clock.advance(30_000);
  assert.deepEqual(node.started(), ['app#0', 'debug#0']);
  assert.equal(node.status('debug').state?.terminated?.exitCode, 1);
  assert.equal(node.pod().status?.phase, 'Running');
  const namespaces = node.runtime.configs.at(-1)?.linux.securityContext.namespaces;
  assert.deepEqual([namespaces?.pid, namespaces?.targetId], ['TARGET', 'sandbox-u1-0-app-0']);
});
