import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiError } from '../../client/api-error.ts';
import { NODES, PODS } from '../../client/resource-types.ts';
import type { NodeUsage } from '../../model/usage/node-usage.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

const MEMORY = { usageBytes: 4096, workingSetBytes: 2048, rssBytes: 0, pageFaults: 0, majorPageFaults: 0 };
const CPU = { totalNanoseconds: 1, nanoCores: 1234 };
const METRICS = { ...PODS, group: 'metrics.k8s.io', version: 'v1beta1' };

let api: TestApi;
let uid = '';
let containers = 1;
const usage = (): NodeUsage => ({
  name: 'n1',
  startedAt: 0,
  timestamp: Date.parse('2026-01-02T03:04:05Z'),
  windowMs: 1500,
  cpu: CPU,
  memory: MEMORY,
  memoryAvailableBytes: 0,
  filesystem: { availableBytes: 0, capacityBytes: 0, freeInodes: 0, inodes: 0 },
  processes: { maximum: 0, current: 0 },
  pods: [
    { name: 'web', uid },
    { name: 'unknown', uid: 'u2' },
    { name: 'static-n1', uid: 'hash' },
  ].map((pod) => ({
    ...pod,
    namespace: 'default',
    startedAt: 0,
    timestamp: Date.parse('2026-01-02T03:04:05Z'),
    cpu: CPU,
    memory: MEMORY,
    processCount: 1,
    network: [],
    containers: ['c', 'd'].slice(0, containers).map((name) => ({
      name,
      id: 'id',
      image: 'i',
      startedAt: 0,
      timestamp: 0,
      cpu: CPU,
      memory: MEMORY,
      memoryAvailableBytes: undefined,
      writableLayer: { bytes: 0, inodes: 0 },
    })),
  })),
});

before(async () => {
  api = await startApi(undefined, undefined, {
    usage: async (node) => {
      if (node === 'n2') throw new Error('no route to host');
      return usage();
    },
    page: async (node, path) =>
      path === '/metrics' ? { contentType: 'text/plain', body: `of ${node}` } : undefined,
  });
  for (const name of ['n1', 'n2']) await api.client.create(NODES, { metadata: { name } });
  const pod = await api.client.create(PODS, {
    metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
  });
  uid = pod.metadata?.uid ?? '';
  await api.client.create(PODS, {
    metadata: {
      name: 'static-n1',
      namespace: 'default',
      annotations: { 'kubernetes.io/config.mirror': 'hash' },
    },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
  });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  assert.deepEqual(api.bugs, []);
});

const CONTAINERS = [{ name: 'c', usage: { cpu: '1234n', memory: '2Ki' } }];

test("a pod's figures come with its labels, for pods that the API knows", async () => {
  const { items } = await api.client.list(METRICS, { namespace: 'default', labelSelector: 'app=web' });
  assert.deepEqual(items, [
    {
      kind: 'PodMetrics',
      apiVersion: 'metrics.k8s.io/v1beta1',
      metadata: {
        name: 'web',
        namespace: 'default',
        creationTimestamp: '2026-01-02T03:04:05Z',
        labels: { app: 'web' },
      },
      timestamp: '2026-01-02T03:04:05Z',
      window: '1.5s',
      containers: CONTAINERS,
    },
  ]);
});

test('figures that a node gives for a pod from a file are those of its mirror', async () => {
  const { items } = await api.client.list(METRICS, { namespace: 'default' });
  assert.deepEqual(
    items.map(({ metadata }) => metadata?.name),
    ['web', 'static-n1'],
  );
});

test("a table shows what a pod's containers use together, and what a node does, as metrics-server prints it", async () => {
  const tableOf = async (path: string) => {
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const { body } = await api.transport.send({
      method: 'GET',
      path: `/apis/metrics.k8s.io/v1beta1/${path}`,
      headers,
    });
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    const table = JSON.parse(Buffer.concat(parts).toString()) as {
      columnDefinitions: { name: string; format: string }[];
      rows: { cells: unknown[] }[];
    };
    return [
      table.columnDefinitions.map(({ name, format }) => `${name}:${format}`),
      ...table.rows.map(({ cells }) => cells),
    ];
  };
  const columns = ['Name:name', 'cpu:quantity', 'memory:quantity', 'Window:duration'];
  containers = 2;
  assert.deepEqual(await tableOf('namespaces/default/pods'), [
    columns,
    ['web', '2468n', '4Ki', '1.5s'],
    ['static-n1', '2468n', '4Ki', '1.5s'],
  ]);
  containers = 1;
  assert.deepEqual(await tableOf('nodes'), [columns, ['n1', '1234n', '2Ki', '1.5s']]);
});

test('lists are narrowed by namespace and label', async () => {
  const count = async (query: object) => (await api.client.list(METRICS, query)).items.length;
  assert.equal(await count({ labelSelector: 'app=web' }), 1);
  assert.equal(await count({ labelSelector: 'app=other' }), 0);
  assert.equal(await count({ namespace: 'kube-system' }), 0);
});

test('a node that cannot be asked is left out, and has no figures of its own', async () => {
  const nodes = { ...METRICS, plural: 'nodes', namespaced: false };
  assert.deepEqual(
    (await api.client.list(nodes, {})).items.map(({ metadata }) => metadata?.name),
    ['n1'],
  );
  await assert.rejects(
    api.client.get(nodes, '', 'n2'),
    (error: unknown) =>
      error instanceof ApiError && error.message.includes('nodemetrics.metrics.k8s.io "n2" not found'),
  );
});

test('who may view a namespace may see its figures, and nobody else', async () => {
  const user = api.clientOf({ name: 'jane', groups: ['system:authenticated'] });
  const count = async () => (await user.list(METRICS, { namespace: 'default' })).items.length;
  await assert.rejects(count(), /cannot list resource "pods" in API group "metrics.k8s.io"/);
  const bindings = {
    ...PODS,
    group: 'rbac.authorization.k8s.io',
    plural: 'rolebindings',
    kind: 'RoleBinding',
  };
  const binding = {
    metadata: { name: 'jane', namespace: 'default' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }],
  };
  await api.client.create(bindings, binding);
  assert.equal(await count(), 2);
  await assert.rejects(user.list(METRICS, { namespace: 'kube-system' }), /cannot list resource "pods"/);
});
