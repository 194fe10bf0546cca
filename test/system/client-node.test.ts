/** The server, used by Kubernetes' own client for JavaScript. */
import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { PassThrough, Readable, Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  PortForward,
  type V1ConfigMap,
  type V1Pod,
  type V1Status,
  Watch,
} from '@kubernetes/client-node';
import { imageReference } from './support/images.ts';
import { type KubectlServer, startKubectlServer } from './support/kubectl-server.ts';
import { until } from './support/peapod.ts';

let server: KubectlServer;
const config = new KubeConfig();
let core: CoreV1Api;

const POD: V1Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'pod', labels: { app: 'pod' } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'c',
        image: imageReference('busybox'),
        imagePullPolicy: 'Never',
        command: ['sh', '-c', 'echo one; echo two; echo page > /tmp/index.html; httpd -f -p 8080 -h /tmp'],
      },
    ],
  },
};

before(async () => {
  server = await startKubectlServer();
  config.loadFromFile(server.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
  await core.createNamespacedPod({ namespace: 'default', body: POD });
  await until('the pod runs', async () => {
    const pod = await core.readNamespacedPod({ namespace: 'default', name: 'pod' });
    return pod.status?.phase === 'Running' ? true : undefined;
  });
});
after(() => server[Symbol.asyncDispose]());

function configMap(name: string, data: Record<string, string> = {}): V1ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

/** Keeps what is written to it. */
function collector(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

test('typed calls create, read, replace, list and delete; times are times', async () => {
  const namespace = 'default';
  const created = await core.createNamespacedConfigMap({ namespace, body: configMap('typed', { a: '1' }) });
  assert.ok(created.metadata?.creationTimestamp instanceof Date);
  const body = Object.assign(structuredClone(created), { data: { a: '2' } });
  const replaced = await core.replaceNamespacedConfigMap({ namespace, name: 'typed', body });
  assert.deepEqual(replaced.data, { a: '2' });
  const stale = core.replaceNamespacedConfigMap({
    namespace,
    name: 'typed',
    body: Object.assign(structuredClone(created), { data: {} }),
  });
  await assert.rejects(stale, (error) => error instanceof ApiException && error.code === 409);
  const listed = await core.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=typed' });
  assert.deepEqual(
    listed.items.map(({ metadata }) => metadata?.uid),
    [created.metadata?.uid],
  );
  const apps = config.makeApiClient(AppsV1Api);
  assert.deepEqual((await apps.listDeploymentForAllNamespaces()).items, []);
  await core.deleteNamespacedConfigMap({ namespace, name: 'typed' });
  const gone = core.readNamespacedConfigMap({ namespace, name: 'typed' });
  await assert.rejects(gone, (error) => error instanceof ApiException && error.code === 404);
});

test('objects of any kind are created, patched, listed and deleted by their apiVersion and kind', async () => {
  const objects = KubernetesObjectApi.makeApiClient(config);
  await objects.create(configMap('any', { a: '1' }));
  const change = configMap('any', { b: '2' });
  const patched = await objects.patch<V1ConfigMap>(
    change,
    undefined,
    undefined,
    undefined,
    undefined,
    PatchStrategy.MergePatch,
  );
  assert.deepEqual(patched.data, { a: '1', b: '2' });
  const list = await objects.list('v1', 'ConfigMap', 'default');
  assert.ok(list.items.some(({ metadata }) => metadata?.name === 'any'));
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'any' },
    rules: [],
  };
  await objects.create(role);
  await objects.delete(role);
  await objects.delete(configMap('any'));
});

test('a command is executed, with its input, both outputs and its exit code', async () => {
  const [stdout, stderr] = [collector(), collector()];
  const { promise, resolve } = Promise.withResolvers<V1Status>();
  const command = ['sh', '-c', 'cat; echo wrong >&2; exit 3'];
  const stdin = Readable.from([Buffer.from('typed\n')]);
  const exec = new Exec(config);
  await exec.exec('default', 'pod', 'c', command, stdout.stream, stderr.stream, stdin, false, resolve);
  const status = await promise;
  assert.deepEqual([stdout.text(), stderr.text()], ['typed\n', 'wrong\n']);
  assert.equal(status.status, 'Failure');
  assert.equal(status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message, '3');
});

test('logs are read, the last lines of them, and a stream of them is left', async () => {
  const text = await core.readNamespacedPodLog({ namespace: 'default', name: 'pod' });
  assert.equal(text, 'one\ntwo\n');
  const followed = collector();
  // Nobody else hears of the client's own abort.
  followed.stream.on('pipe', (source: Readable) => source.on('error', () => {}));
  const log = new Log(config);
  const stop = await log.log('default', 'pod', 'c', followed.stream, { follow: true, tailLines: 1 });
  await until('a line has come', async () => (followed.text() === 'two\n' ? true : undefined));
  stop.abort();
});

test('a port is forwarded', async () => {
  const [output, errors, input] = [new PassThrough(), collector(), new PassThrough()];
  const forward = new PortForward(config);
  const socket = await forward.portForward('default', 'pod', [8080], output, errors.stream, input);
  let answer = '';
  output.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  input.write('GET /index.html HTTP/1.0\r\n\r\n');
  await until('the page has come', async () => (answer.endsWith('page\n') ? true : undefined));
  assert.match(answer, /^HTTP\/1\.[01] 200 OK/);
  assert.equal(errors.text(), '');
  const connection = typeof socket === 'function' ? socket() : socket;
  connection?.close();
});

test('a watch tells each change, in order, and its end', async () => {
  const seen: string[] = [];
  const list = await core.listNamespacedConfigMap({ namespace: 'default' });
  const ended = Promise.withResolvers<void>();
  const query = { resourceVersion: list.metadata?.resourceVersion, timeoutSeconds: 2 };
  const tell = (phase: string, object: V1ConfigMap) => seen.push(`${phase} ${object.metadata?.name}`);
  const path = '/api/v1/namespaces/default/configmaps';
  await new Watch(config).watch(path, query, tell, () => ended.resolve());
  await core.createNamespacedConfigMap({ namespace: 'default', body: configMap('watched') });
  await core.replaceNamespacedConfigMap({
    namespace: 'default',
    name: 'watched',
    body: configMap('watched', { a: '1' }),
  });
  await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'watched' });
  await ended.promise;
  assert.deepEqual(seen, ['ADDED watched', 'MODIFIED watched', 'DELETED watched']);
});

test('an informer goes on where it was after the server was away', async () => {
  const path = '/api/v1/namespaces/default/configmaps';
  const list = () => core.listNamespacedConfigMap({ namespace: 'default', labelSelector: 'informed' });
  const informer = makeInformer(config, path, list, 'informed');
  const [added, deleted]: [string[], string[]] = [[], []];
  informer.on('add', ({ metadata }) => added.push(metadata?.name ?? ''));
  informer.on('delete', ({ metadata }) => deleted.push(metadata?.name ?? ''));
  const restart = () => void setTimeout(300).then(() => informer.start());
  informer.on('error', restart);
  const labelled = (name: string): V1ConfigMap => ({
    metadata: { name, labels: { informed: 'yes' } },
  });
  const create = (name: string) =>
    core.createNamespacedConfigMap({ namespace: 'default', body: labelled(name) });
  await create('i1');
  await informer.start();
  await until('the first is known', async () => (added.includes('i1') ? true : undefined));
  await server.restart();
  await create('i2');
  await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'i1' });
  await until('both changes are known', async () =>
    added.includes('i2') && deleted.includes('i1') ? true : undefined,
  );
  assert.deepEqual([added, deleted], [['i1', 'i2'], ['i1']]);
  assert.deepEqual(
    informer.list().map(({ metadata }) => metadata?.name),
    ['i2'],
  );
  informer.off('error', restart);
  await informer.stop();
});

test('a token request gives a token that the server takes', async () => {
  const body = { spec: { audiences: [], expirationSeconds: 600 } };
  await core.createNamespacedServiceAccount({ namespace: 'default', body: { metadata: { name: 'robot' } } });
  const { status } = await core.createNamespacedServiceAccountToken({
    namespace: 'default',
    name: 'robot',
    body,
  });
  const asRobot = new KubeConfig();
  asRobot.loadFromFile(server.kubeconfig);
  asRobot.users = [{ name: 'robot', token: status?.token ?? '' }];
  asRobot.contexts = asRobot.contexts.map((context) => ({ ...context, user: 'robot' }));
  const robot = asRobot.makeApiClient(CoreV1Api);
  await assert.rejects(
    robot.listNamespacedSecret({ namespace: 'default' }),
    (error) =>
      error instanceof ApiException &&
      error.code === 403 &&
      String(error.body).includes('system:serviceaccount:default:robot'),
  );
});
