/** `peapod serve`, used with kubectl as anybody would. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Answer, startCluster, type TestCluster } from './support/cluster.ts';
import { imageReference } from './support/images.ts';
import { until } from './support/peapod.ts';

const IMAGE = imageReference('busybox');

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster();
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
});

const kubectl = (...args: string[]): Promise<string> => cluster.kubectl(...args);
const call = (args: readonly string[], input?: string): Promise<Answer> => cluster.call(args, input);

const SLEEP = 'trap exit TERM; sleep 1000 & wait';

test('the cluster tells what it is and what it has', async () => {
  assert.match(await kubectl('version'), /Server Version: v1\.36\.0\+peapod/);
  assert.match(await kubectl('get', 'nodes'), /^NAME +STATUS +ROLES +AGE +VERSION\n\S+ +Ready +<none>/);
  const kinds = await kubectl('api-resources', '-o', 'name');
  for (const kind of [
    'pods',
    'deployments.apps',
    'jobs.batch',
    'roles.rbac.authorization.k8s.io',
    'poddisruptionbudgets.policy',
  ])
    assert.ok(kinds.split('\n').includes(kind), kind);
  assert.match(await kubectl('explain', 'pod.spec.containers.image'), /FIELD: image <string>/);
  assert.match(await kubectl('get', '--raw', '/readyz?verbose'), /readyz check passed/);
  assert.equal((await kubectl('auth', 'can-i', 'delete', 'nodes')).trim(), 'yes');
  assert.equal((await call(['auth', 'can-i', 'delete', 'nodes', '--as', 'nobody'])).stdout.trim(), 'no');
});

test('a pod is run, followed, looked into, copied to, and deleted', async () => {
  await kubectl(
    'run',
    'web',
    `--image=${IMAGE}`,
    '--image-pull-policy=Never',
    '--',
    'sh',
    '-c',
    `echo hello; httpd -p 8080 -h /etc; ${SLEEP}`,
  );
  await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=20s');
  assert.equal(await kubectl('logs', 'web'), 'hello\n');
  assert.equal((await kubectl('exec', 'web', '--', 'hostname')).trim(), 'web');
  assert.equal((await call(['exec', 'web', '--', 'sh', '-c', 'exit 7'])).code, 7);
  assert.equal((await call(['exec', '-i', 'web', '--', 'cat'], 'typed\n')).stdout, 'typed\n');
  await writeFile(join(cluster.peapod.directory, 'file'), 'copied\n');
  await kubectl('cp', join(cluster.peapod.directory, 'file'), 'web:/tmp/file');
  assert.equal(await kubectl('exec', 'web', '--', 'cat', '/tmp/file'), 'copied\n');
  assert.match(await kubectl('describe', 'pod', 'web'), /Successfully assigned default\/web to /);
  assert.match(await kubectl('get', 'events'), /Started +pod\/web/);
  assert.match(
    await kubectl('get', 'pod', 'web', '-o', 'custom-columns=N:.metadata.name,P:.status.phase'),
    /web +Running/,
  );
  await kubectl('delete', 'pod', 'web', '--timeout=30s');
  assert.equal((await call(['get', 'pod', 'web'])).code, 1);
});

const DEPLOYMENT = (value: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: d }
spec:
  replicas: 2
  selector: { matchLabels: { app: d } }
  template:
    metadata: { labels: { app: d } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - { name: c, image: '${IMAGE}', imagePullPolicy: Never, command: [sh, -c, '${SLEEP}'], env: [{ name: A, value: '${value}' }] }
`;

async function apply(text: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await call(['apply', '-f', '-', ...args], text);
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

test('a deployment is applied, changed, scaled, rolled back, and deleted with all that it owns', async () => {
  assert.equal(await apply(DEPLOYMENT('1')), 'deployment.apps/d created');
  assert.equal(await apply(DEPLOYMENT('1')), 'deployment.apps/d unchanged');
  await kubectl('rollout', 'status', 'deployment/d', '--timeout=30s');
  assert.equal(await apply(DEPLOYMENT('2')), 'deployment.apps/d configured');
  await kubectl('rollout', 'status', 'deployment/d', '--timeout=30s');
  await kubectl('set', 'env', 'deployment/d', 'B=3');
  await kubectl('rollout', 'status', 'deployment/d', '--timeout=30s');
  const env = () =>
    kubectl('get', 'deployment', 'd', '-o', 'jsonpath={.spec.template.spec.containers[0].env[*].name}');
  assert.equal(await env(), 'A B');
  await kubectl('rollout', 'undo', 'deployment/d');
  await kubectl('rollout', 'status', 'deployment/d', '--timeout=30s');
  assert.equal(await env(), 'A');
  await kubectl('scale', 'deployment/d', '--replicas=3');
  await kubectl('rollout', 'status', 'deployment/d', '--timeout=30s');
  await kubectl('label', 'deployment', 'd', 'x=y');
  assert.match(await kubectl('get', 'deployments', '-l', 'x=y'), /d +3\/3 +3 +3/);
  await kubectl('delete', 'deployment', 'd', '--cascade=foreground', '--timeout=40s');
  assert.equal((await kubectl('get', 'pods,replicasets', '-o', 'name')).trim(), '');
});

test('a namespace goes with all that is in it', async () => {
  await kubectl('create', 'namespace', 'x');
  await kubectl('create', 'configmap', 'c', '--from-literal=a=b', '-n', 'x');
  await kubectl('delete', 'namespace', 'x', '--timeout=30s');
  assert.match((await call(['get', 'configmap', 'c', '-n', 'x'])).stderr, /not found/);
});

test('pods run on while the server is away, and it finds them again', async () => {
  await kubectl('run', 'stays', `--image=${IMAGE}`, '--image-pull-policy=Never', '--', 'sh', '-c', SLEEP);
  await kubectl('wait', '--for=condition=Ready', 'pod/stays', '--timeout=20s');
  const idOf = () =>
    kubectl(
      'get',
      'pod',
      'stays',
      '-o',
      'jsonpath={.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}',
    );
  const before = await idOf();
  await cluster.kill();
  await cluster.start();
  await until('the pod is ready again', async () =>
    (await call(['exec', 'stays', '--', 'true'])).code === 0 ? true : undefined,
  );
  assert.equal(await idOf(), before);
  await kubectl('delete', 'pod', 'stays', '--grace-period=1', '--timeout=30s');
});
