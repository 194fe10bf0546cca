/** `peapod run` and its kin with a server on the machine: its pods are the server's, and every verb sees them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PodSandboxState, RuntimeService } from '../../src/cri/api/runtime_pb.ts';
import { openGrpcConnection } from '../../src/cri/grpc/grpc-client.ts';
import { imageReference } from './support/images.ts';
import { startPeapod, type TestPeapod, until } from './support/peapod.ts';

const IMAGE = imageReference('busybox');

let peapod: TestPeapod;
let kubeconfig: string;
before(async () => {
  peapod = await startPeapod();
  await peapod.load('busybox');
  await peapod.succeed(['run', '-d', '-f', await peapod.manifest(pod('alone', 'exec sleep 1000'))]);
  await peapod.succeed(['serve', '-d', '--listen', '127.0.0.1:0']);
  kubeconfig = join(peapod.directory, 'kubeconfig');
  writeFileSync(kubeconfig, await peapod.succeed(['kubeconfig']));
});
after(async () => {
  await peapod.call(['rm', '--all', '--force', '--time', '0']);
  await peapod.call(['serve', '--stop']);
  await peapod[Symbol.asyncDispose]();
});

function pod(name: string, script: string, spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'main', image: IMAGE, imagePullPolicy: 'Never', command: ['sh', '-c', script] }],
      ...spec,
    },
  };
}

const config = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { key: 'of the map' },
});

const kubectl = (...args: string[]): string =>
  execFileSync('kubectl', ['--kubeconfig', kubeconfig, ...args], { encoding: 'utf8' });
const podsOfServer = (): string[] => kubectl('get', 'pods', '-o', 'name').trim().split('\n').sort();

test('run --detach gives the pods to the server, and every verb finds them', async () => {
  const file = await peapod.manifest(
    config('settings'),
    pod('web', 'echo "$key"; exec sleep 1000', {
      containers: [
        {
          name: 'main',
          image: IMAGE,
          imagePullPolicy: 'Never',
          command: ['sh', '-c', 'echo "$key"; exec sleep 1000'],
          envFrom: [{ configMapRef: { name: 'settings' } }],
        },
      ],
    }),
  );
  const said = await peapod.succeed(['run', '-d', '-f', file]);
  assert.match(said, /^On the server at https:\/\/127\.0\.0\.1:\d+\n/);
  assert.match(said, /web\/main: Running/);
  assert.deepEqual(podsOfServer(), ['pod/web']);
  assert.ok(!existsSync(join(peapod.root, 'objects/pods/default_web.json')));
  assert.match(await peapod.succeed(['ps', '-o', 'name']), /^pod\/web\npod\/alone\n$/);
  assert.equal(await peapod.succeed(['logs', 'web']), 'of the map\n');
  assert.equal(await peapod.succeed(['exec', 'web', '--', 'hostname']), 'web\n');
  assert.match(await peapod.succeed(['tree', 'web']), /infra─+pause\(\d+,\d+\)\n.*main─+sleep\(\d+,\d+\)/);
  assert.match(
    await peapod.succeed(['describe', 'web']),
    /default-scheduler +Successfully assigned default\/web/,
  );
  assert.match(await peapod.succeed(['why', 'web']), /Pod default\/web goes to/);
  const inspected = JSON.parse(await peapod.succeed(['inspect', 'web'])) as { containers: object[] }[];
  assert.equal(inspected[0]?.containers.length, 1);
  const debug = [
    'debug',
    '--image',
    IMAGE,
    '--target',
    'main',
    'web',
    '--',
    'sh',
    '-c',
    'cat /proc/1/comm; exit 3',
  ];
  const { code, stdout } = await peapod.call(debug);
  assert.deepEqual([code, stdout], [3, 'sleep\n']);
  const again = await peapod.call(['run', '-d', '-f', file]);
  assert.match(again.stderr, /pods "web" already exists/);
});

test('the server shows its pods over CRI, on a socket that is root’s alone', async () => {
  const socket = join(peapod.run, 'cluster/cri.sock');
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  using connection = openGrpcConnection({ path: socket });
  const verbs = connection.service(RuntimeService);
  const labelSelector = { 'io.kubernetes.pod.name': 'web', 'io.kubernetes.pod.namespace': 'default' };
  const { items } = await verbs.listPodSandbox({ filter: { labelSelector } });
  assert.deepEqual(
    items.map(({ metadata, state }) => [metadata?.name, metadata?.namespace, state]),
    [['web', 'default', PodSandboxState.SANDBOX_READY]],
  );
  const { status } = await verbs.podSandboxStatus({ podSandboxId: items[0]?.id ?? '' });
  assert.equal(status?.network?.ip, kubectl('get', 'pod', 'web', '-o', 'jsonpath={.status.podIP}'));
  const { containers } = await verbs.listContainers({ filter: { podSandboxId: items[0]?.id ?? '' } });
  const main = containers.find(({ metadata }) => metadata?.name === 'main');
  assert.equal(main?.labels['io.kubernetes.container.name'], 'main');
  const containerId = main?.id ?? '';
  const [told] = kubectl(
    'get',
    'pod',
    'web',
    '-o',
    'jsonpath={.status.containerStatuses[*].containerID}',
  ).split(' ');
  assert.equal(told?.split('//')[1], containerId);
  const { stdout } = await verbs.execSync({ containerId, cmd: ['hostname'] });
  assert.equal(Buffer.from(stdout).toString(), 'web\n');
});

test('stop and rm act on the pods of both, each where it lives', async () => {
  await peapod.succeed(['stop', 'web']);
  assert.match(kubectl('get', 'pod', 'web', '-o', 'jsonpath={.status.phase}'), /Failed|Succeeded/);
  await peapod.succeed(['rm', 'web']);
  assert.deepEqual(podsOfServer(), ['']);
  assert.equal(await peapod.succeed(['ps', '-o', 'name']), 'pod/alone\n');
  assert.equal(await peapod.succeed(['exec', 'alone', '--', 'hostname']), 'alone\n');
  await peapod.succeed(['rm', '-f', 'alone']);
  assert.equal(await peapod.succeed(['ps', '-o', 'name']), '');
});

test('in the foreground logs and the exit code are the pod’s, and --rm leaves nothing', async () => {
  const file = await peapod.manifest(
    config('once'),
    pod('once', 'echo out; exit 3', { restartPolicy: 'Never' }),
  );
  const { code, stdout } = await peapod.call(['run', '--rm', '-f', file]);
  assert.equal(code, 3);
  assert.match(stdout, /once\/main \| out\n/);
  assert.deepEqual(podsOfServer(), ['']);
  assert.doesNotMatch(kubectl('get', 'configmaps', '-o', 'name'), /once/);
});

test('a pod that cannot start is taken away again, and run says why', async () => {
  const file = await peapod.manifest(
    pod('broken', 'true', {
      containers: [{ name: 'main', image: 'localhost/no/such:1', imagePullPolicy: 'Never' }],
    }),
  );
  const { code, stderr } = await peapod.call(['run', '-f', file]);
  assert.equal(code, 125);
  assert.match(stderr, /cannot start pod "broken": container "main": Container image .* Never/);
  assert.deepEqual(podsOfServer(), ['']);
});

test('a first interrupt stops the pods', async () => {
  const file = await peapod.manifest(
    pod('long', 'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.1; done'),
  );
  await using running = peapod.start(['run', '--rm', '-f', file]);
  await running.untilPrinted('up');
  running.signal('SIGINT');
  const { code, stdout } = await running.ended();
  assert.equal(code, 0, stdout);
  assert.match(stdout, /long\/main \| bye/);
  assert.deepEqual(podsOfServer(), ['']);
});

test('run goes on through a kill of the server, and says that one was killed while it is away', async () => {
  const file = await peapod.manifest(
    pod('through', 'while [ ! -e /tmp/end ]; do sleep 0.1; done; exit 4', { restartPolicy: 'Never' }),
  );
  await using running = peapod.start(['run', '--rm', '-f', file]);
  await running.untilPrinted('through/main: Running');
  const state = join(peapod.run, 'cluster/server.json');
  process.kill((JSON.parse(readFileSync(state, 'utf8')) as { pid: number }).pid, 'SIGKILL');
  await until('ps warns', async () => {
    const { stderr } = await peapod.call(['ps']);
    assert.doesNotMatch(stderr, /stopped server/);
    return /the server \(PID \d+\) was killed: its pods run on/.test(stderr) ? true : undefined;
  });
  await peapod.succeed(['serve', '-d', '--listen', '127.0.0.1:0']);
  writeFileSync(kubeconfig, await peapod.succeed(['kubeconfig']));
  await peapod.succeed(['exec', 'through', '--', 'touch', '/tmp/end']);
  const { code, stderr } = await running.ended();
  assert.equal(code, 4, stderr);
});

test('ps tells of what a stopped server has left running, until the next one serves', async () => {
  await peapod.succeed(['run', '-d', '-f', await peapod.manifest(pod('left', 'exec sleep 1000'))]);
  await peapod.succeed(['serve', '--stop']);
  const { stdout, stderr } = await peapod.call(['ps']);
  assert.doesNotMatch(stdout, /left/);
  assert.match(stderr, /^\d+ containers? of a stopped server not shown: peapod serve --detach\n$/);
  await peapod.succeed(['serve', '-d', '--listen', '127.0.0.1:0']);
  writeFileSync(kubeconfig, await peapod.succeed(['kubeconfig']));
  const again = await peapod.call(['ps']);
  assert.match(again.stdout, /^left +1\/1 +Running +0 /m);
  assert.equal(again.stderr, '');
  await peapod.succeed(['rm', '--force', '--time', '0', 'left']);
});

test('a pod that waits for room can be stopped, and an interrupt stops it', async () => {
  const large = (name: string) =>
    pod(name, 'true', {
      containers: [{ name: 'main', image: IMAGE, resources: { requests: { cpu: '999' } } }],
    });
  const running = peapod.start(['run', '-f', await peapod.manifest(large('large'))]);
  await running.untilPrinted(/stays Pending/);
  running.signal('SIGINT');
  await running.ended();
  assert.match(kubectl('get', 'pod', 'large', '-o', 'jsonpath={.status}'), /"reason":"Stopped"/);

  await peapod.succeed(['run', '-d', '-f', await peapod.manifest(large('larger'))]);
  const refused = await peapod.call(['rm', 'larger']);
  assert.match(refused.stderr, /pod "larger" is pending/);
  await peapod.succeed(['stop', 'larger']);
  await peapod.succeed(['rm', 'large', 'larger']);
});
