/** Daemon sets of `peapod serve`, with kubectl and real pods. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { imageReference } from './support/images.ts';
import { type KubectlServer, startKubectlServer } from './support/kubectl-server.ts';

const IMAGE = imageReference('busybox');

let server: KubectlServer;
const kubectl = (...args: string[]) => server.kubectl(...args);
const apply = (objects: object[]) => server.apply(objects);

before(async () => {
  server = await startKubectlServer();
});
after(async () => {
  await kubectl('delete', 'daemonsets', '--all', '--timeout=30s');
  await server[Symbol.asyncDispose]();
});

function daemonSet(name: string, word: string, spec: object = {}): object {
  const command = ['sh', '-c', `echo ${word}; exec sleep 1000`];
  const container = { name: 'c', image: IMAGE, imagePullPolicy: 'Never', command };
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, annotations: { 'kubernetes.io/change-cause': `say ${word}` } },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { terminationGracePeriodSeconds: 1, containers: [container] },
      },
      ...spec,
    },
  };
}

test('a daemon set is rolled out, listed, changed and undone', async () => {
  await apply([daemonSet('d', 'one')]);
  await kubectl('rollout', 'status', 'ds/d', '--timeout=40s');
  assert.equal(await kubectl('logs', 'ds/d'), 'one\n');
  assert.match(await kubectl('get', 'ds', 'd'), /^d +1 +1 +1 +1 +1 +<none>/m);
  await apply([daemonSet('d', 'two')]);
  assert.match(
    await kubectl('rollout', 'status', 'ds/d', '--timeout=40s'),
    /daemon set "d" successfully rolled out/,
  );
  assert.equal(await kubectl('logs', 'ds/d'), 'two\n');
  assert.match(await kubectl('rollout', 'history', 'ds/d'), /^1 +say one\n2 +say two$/m);
  assert.match(await kubectl('rollout', 'history', 'ds/d', '--revision=1'), /echo one; exec sleep/);
  await kubectl('rollout', 'undo', 'ds/d');
  await kubectl('rollout', 'status', 'ds/d', '--timeout=40s');
  assert.equal(await kubectl('logs', 'ds/d'), 'one\n');
  assert.match(await kubectl('rollout', 'history', 'ds/d'), /^2 +say two\n3 +say one$/m);
  const description = await kubectl('describe', 'ds', 'd');
  assert.match(description, /Number of Nodes Scheduled with Up-to-date Pods: 1/);
  assert.match(description, /SuccessfulCreate .* Created pod: d-/);
});

test('what is cordoned keeps its daemons and gets no other pods', async () => {
  const node = (await kubectl('get', 'nodes', '-o', 'name')).trim();
  await kubectl('cordon', node);
  await apply([daemonSet('steadfast', 'here')]);
  await kubectl('rollout', 'status', 'ds/steadfast', '--timeout=40s');
  await kubectl('run', 'other', `--image=${IMAGE}`, '--image-pull-policy=Never', '--', 'sleep', '1000');
  await kubectl('wait', '--for=condition=PodScheduled=false', 'pod/other', '--timeout=20s');
  await kubectl('uncordon', node);
  await kubectl('wait', '--for=condition=Ready', 'pod/other', '--timeout=40s');
});

test('drain passes by what daemon sets own, and takes the rest', async () => {
  await apply([daemonSet('left', 'here')]);
  await kubectl('rollout', 'status', 'ds/left', '--timeout=40s');
  await kubectl('run', 'away', `--image=${IMAGE}`, '--image-pull-policy=Never', '--', 'sleep', '1000');
  await kubectl('wait', '--for=condition=Ready', 'pod/away', '--timeout=40s');
  const node = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  const options = ['--force', '--grace-period=1', '--timeout=40s'];
  const refused = await server.call(['drain', node, ...options]);
  assert.match(refused.stderr, /cannot delete DaemonSet-managed Pods \(use --ignore-daemonsets to ignore\)/);
  await kubectl('drain', node, '--ignore-daemonsets', ...options);
  assert.equal((await server.call(['get', 'pod', 'away'])).code, 1);
  assert.match(await kubectl('get', 'pods', '-l', 'app=left'), /1\/1 +Running/);
  await kubectl('uncordon', node);
});

test('drain waits where a budget stands against it, and goes on when it no longer does', async () => {
  await kubectl('create', 'deployment', 'web', `--image=${IMAGE}`, '--replicas=2', '--', 'sleep', '1000');
  const patch = { spec: { template: { spec: { terminationGracePeriodSeconds: 1 } } } };
  await kubectl('patch', 'deployment', 'web', '-p', JSON.stringify(patch));
  await kubectl('rollout', 'status', 'deployment/web', '--timeout=50s');
  await kubectl('create', 'poddisruptionbudget', 'web', '--selector=app=web', '--min-available=1');
  await kubectl('wait', '--for=jsonpath={.status.disruptionsAllowed}=1', 'pdb/web', '--timeout=20s');
  const node = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  const options = ['--force', '--ignore-daemonsets', '--grace-period=1'];
  // The new pods have nowhere to go, so that the last old one must stay.
  const refused = await server.call(['drain', node, ...options, '--timeout=10s']);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /Cannot evict pod as it would violate the pod's disruption budget/);
  const left = await kubectl(
    'get',
    'pods',
    '-l',
    'app=web',
    '--field-selector=status.phase=Running',
    '-o',
    'name',
  );
  assert.equal(left.trim().split('\n').length, 1);
  assert.match(await kubectl('get', 'pdb', 'web'), /^web +1 +N\/A +0 /m);
  await kubectl('delete', 'pdb', 'web');
  await kubectl('drain', node, ...options, '--timeout=40s');
  await kubectl('uncordon', node);
  await kubectl('rollout', 'status', 'deployment/web', '--timeout=50s');
});
