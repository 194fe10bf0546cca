import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storageOverLimit } from './eviction/storage-over-limit.ts';
import { container, FakeNode } from './testing/fake-node.ts';

test('a pod whose emptyDir grows over its limit is evicted', async () => {
  await using node = new FakeNode();
  await node.run({
    containers: [container('main')],
    volumes: [{ name: 'data', emptyDir: { sizeLimit: '10Mi' } }],
  });
  node.volumeUsage.set('data', 10 * 2 ** 20);
  await node.clock.advance(25_000);
  assert.equal(node.pod().status?.phase, 'Running');
  node.volumeUsage.set('data', 10 * 2 ** 20 + 1);
  await node.clock.advance(25_000);
  const { phase, reason, message } = node.pod().status ?? {};
  assert.deepEqual(
    [phase, reason, message],
    ['Failed', 'Evicted', 'Usage of EmptyDir volume "data" exceeds the limit "10Mi". '],
  );
  assert.ok(node.status('main').state?.terminated);
  assert.ok(
    node.eventTexts().includes('Evicted: Usage of EmptyDir volume "data" exceeds the limit "10Mi". '),
  );
  await node.restartAgent();
  await node.clock.advance(60_000);
  assert.deepEqual(node.started(), ['main#0'], 'an evicted pod stays so');
});

test('writable layers count against the limits on ephemeral-storage', () => {
  const limits = { 'ephemeral-storage': '1Gi' };
  const pod = {
    spec: {
      containers: [container('a', { resources: { limits } }), container('b', { resources: { limits } })],
    },
  };
  const over = (a: number, b: number) =>
    storageOverLimit(pod, {
      volumeBytes: new Map(),
      layerBytes: new Map([
        ['a', a],
        ['b', b],
      ]),
    });
  assert.equal(over(2 ** 30, 2 ** 30), undefined);
  assert.equal(over(2 ** 30 + 1, 0), 'Container a exceeded its local ephemeral storage limit "1Gi". ');
  assert.equal(
    over(2 ** 31, 1),
    'Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. ',
  );
});

test('cpu and memory are changed in place, or by a restart where resizePolicy says so', async () => {
  await using node = new FakeNode();
  const resources = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '200m', memory: '64Mi' } };
  const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
  await node.run({ containers: [container('main', { resources, resizePolicy })] });
  const resize = (change: object) =>
    node.client.change('web', (pod) => {
      const main = pod.spec?.containers[0];
      if (main?.resources?.limits !== undefined) Object.assign(main.resources.limits, change);
      return pod;
    });
  resize({ cpu: '400m' });
  await node.clock.advance(100);
  assert.ok(node.runtime.journal.includes('resize main#0'));
  assert.deepEqual(node.started(), ['main#0']);
  assert.equal([...node.runtime.containers.values()][0]?.status.resources.cpuQuotaUs, 40_000);
  resize({ memory: '128Mi' });
  await node.clock.advance(100);
  assert.deepEqual(node.started(), ['main#0', 'main#1']);
  assert.equal(node.status('main').resources?.limits?.['memory'], '128Mi');
  assert.equal(
    node.pod().status?.conditions?.some(({ type }) => type.startsWith('PodResize')),
    false,
  );
  const told = (cpu: string, memory: string) => {
    const asked = { limits: { cpu, memory }, requests: { cpu: '100m', memory: '64Mi' } };
    return JSON.stringify([{ name: 'main', resources: asked }]);
  };
  assert.deepEqual(
    node
      .eventTexts()
      .filter((text) => /^(Resize|Killing)/.test(text))
      .map((text) => text.replace(/,"generation":\d+/, '')),
    [
      `ResizeStarted: Pod resize started: {"containers":${told('400m', '64Mi')}}`,
      `ResizeCompleted: Pod resize completed: {"containers":${told('400m', '64Mi')}}`,
      `ResizeStarted: Pod resize started: {"containers":${told('400m', '128Mi')}}`,
      'Killing: Container main resize requires restart',
      `ResizeCompleted: Pod resize completed: {"containers":${told('400m', '128Mi')}}`,
    ],
  );
});

test('a resize for which there is no room waits, keeps what was given, and says why', async () => {
  await using node = new FakeNode();
  const resources = (cpu: string) => ({ resources: { requests: { cpu } } });
  await node.run({ containers: [container('main', resources('1'))] });
  await node.run(
    { containers: [container('main', resources('2'))] },
    { name: 'other', namespace: 'default', uid: 'u2' },
  );
  const resize = (cpu: string) =>
    node.client.change('web', (pod) => {
      Object.assign(pod.spec?.containers[0]?.resources?.requests ?? {}, { cpu });
      return pod;
    });
  const condition = () => node.pod().status?.conditions?.find(({ type }) => type.startsWith('PodResize'));
  resize('3');
  await node.clock.advance(100);
  const { type, reason, message } = condition() ?? {};
  assert.deepEqual(
    [type, reason, message],
    [
      'PodResizePending',
      'Deferred',
      "Node didn't have enough resource: cpu, requested: 3000, used: 2000, capacity: 4000",
    ],
  );
  assert.equal(node.status('main').allocatedResources?.['cpu'], '1');
  assert.ok(!node.runtime.journal.some((line) => line.startsWith('resize')));
  resize('9');
  await node.clock.advance(100);
  assert.equal(condition()?.reason, 'Infeasible');
  resize('3');
  await node.client.deletePod('default', 'other');
  await node.clock.advance(60_000);
  assert.equal(condition(), undefined);
  assert.ok(node.runtime.journal.includes('resize main#0'));
  assert.equal(node.status('main').allocatedResources?.['cpu'], '3');
  const resizes = node.eventTexts().filter((text) => text.startsWith('Resize'));
  assert.deepEqual(
    resizes.map((text) => /^\w+: Pod resize \w+/.exec(text)?.[0]),
    [
      'ResizeDeferred: Pod resize Deferred',
      'ResizeInfeasible: Pod resize Infeasible',
      'ResizeDeferred: Pod resize Deferred',
      'ResizeStarted: Pod resize started',
      'ResizeCompleted: Pod resize completed',
    ],
  );
  assert.match(resizes[0] ?? '', /"error":"Node didn't have enough resource: cpu, requested: 3000/);
});

test('a pod with an unsafe sysctl is failed before anything is made', async () => {
  await using node = new FakeNode();
  await node.run({
    containers: [container('main')],
    securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] },
  });
  await node.clock.advance(5000);
  assert.equal(node.pod().status?.phase, 'Failed');
  assert.equal(node.pod().status?.reason, 'SysctlForbidden');
  assert.deepEqual(node.runtime.journal, []);
});

test('housekeeping removes what pods that are gone have left', async () => {
  await using node = new FakeNode();
  await node.run({ containers: [container('main')] });
  await node.stop();
  node.client.pods.clear();
  node.start();
  await node.clock.advance(1000);
  assert.deepEqual(
    [
      ...node.runtime.sandboxes,
      ...node.runtime.containers,
      ...node.volumes,
      ...node.cgroups,
      ...node.files.files,
    ],
    [],
  );
});

test('the oldest instances of a container are removed, the last but one stays for --previous', async () => {
  await using node = new FakeNode({ script: () => ({ exitAfterMs: 1, exitCode: 1 }) });
  await node.run({ containers: [container('main')] });
  await node.clock.advance(120_000);
  const attempts = [...node.runtime.containers.values()].map(({ status }) => status.metadata.attempt);
  assert.ok(node.status('main').restartCount >= 4);
  assert.deepEqual(attempts, [node.status('main').restartCount - 1, node.status('main').restartCount]);
});
