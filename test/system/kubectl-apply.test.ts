/** Server-side apply with kubectl: owners, conflicts, and the way from client-side apply and back. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ConfigMap, Deployment } from '../../src/model/api/types.ts';
import { startCluster, type TestCluster } from './support/cluster.ts';

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster();
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
});

const DEPLOYMENT = (replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: d, labels: { app: d } }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: d } }
  template:
    metadata: { labels: { app: d } }
    spec: { containers: [{ name: c, image: none:1, imagePullPolicy: Never }] }
`;
const CONFIG = (name: string, data: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: { name: ${name} }
data: ${data}
`;

async function get<T>(...args: string[]): Promise<T> {
  return JSON.parse(await cluster.kubectl('get', ...args, '-o', 'json', '--show-managed-fields')) as T;
}

test('an applied object is kubectl’s, and the same again changes nothing', async () => {
  assert.equal(await cluster.apply(DEPLOYMENT(0), '--server-side'), 'deployment.apps/d serverside-applied\n');
  const first = await get<Deployment>('deployment', 'd');
  await cluster.apply(DEPLOYMENT(0), '--server-side');
  const second = await get<Deployment>('deployment', 'd');
  const entry = ({ metadata }: Deployment) =>
    metadata?.managedFields?.find(({ operation }) => operation === 'Apply');
  assert.deepEqual(entry(second), entry(first));
  assert.equal(entry(second)?.manager, 'kubectl');
  assert.equal(second.metadata?.generation, first.metadata?.generation);
});

test('a field that somebody else has changed is a conflict, until it is forced', async () => {
  await cluster.apply(DEPLOYMENT(0), '--server-side');
  await cluster.kubectl('patch', 'deployment', 'd', '-p', '{"spec":{"paused":true,"replicas":0}}');
  const wanted = `${DEPLOYMENT(0)}  paused: false\n`;
  const refused = await cluster.call(['apply', '--server-side', '-f', '-'], wanted);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /1 conflict: conflict with "kubectl-patch" using apps\/v1: \.spec\.paused/);
  assert.equal(
    (await cluster.call(['diff', '--server-side', '--force-conflicts', '-f', '-'], wanted)).code,
    1,
  );
  await cluster.apply(wanted, '--server-side', '--force-conflicts');
  assert.notEqual((await get<Deployment>('deployment', 'd')).spec?.paused, true);
  const same = await cluster.call(['diff', '--server-side', '-f', '-'], wanted);
  assert.deepEqual([same.code, same.stdout], [0, '']);
});

test('a dry run says what would be, and does nothing', async () => {
  assert.match(
    await cluster.apply(CONFIG('dry', '{ a: "1" }'), '--server-side', '--dry-run=server'),
    /serverside-applied \(server dry run\)/,
  );
  assert.equal((await cluster.call(['get', 'configmap', 'dry'])).code, 1);
});

test('from client-side apply to server-side apply and back, nothing is left behind', async () => {
  const dataOf = async () => (await get<ConfigMap>('configmap', 'moved')).data;
  await cluster.apply(CONFIG('moved', '{ a: "1" }'));
  const migrated = await cluster.call(['apply', '--server-side', '-f', '-'], CONFIG('moved', '{ b: "1" }'));
  assert.deepEqual([migrated.code, migrated.stderr], [0, '']);
  assert.deepEqual(await dataOf(), { b: '1' });
  await cluster.apply(CONFIG('moved', '{ c: "1" }'));
  assert.deepEqual(await dataOf(), { c: '1' });
});

test('a configuration with a field that nobody knows is refused whole', async () => {
  const refused = await cluster.call(
    ['apply', '--server-side', '--validate=false', '-f', '-'],
    `${CONFIG('odd', '{ a: "1" }')}dada: {}\n`,
  );
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /\.dada: field not declared in schema/);
});

test('two appliers share an object, each with its own fields', async () => {
  await cluster.apply(CONFIG('shared', '{ a: "1" }'), '--server-side', '--field-manager=one');
  await cluster.apply(CONFIG('shared', '{ b: "1" }'), '--server-side', '--field-manager=two');
  await cluster.apply(CONFIG('shared', '{}'), '--server-side', '--field-manager=one');
  assert.deepEqual((await get<ConfigMap>('configmap', 'shared')).data, { b: '1' });
});
