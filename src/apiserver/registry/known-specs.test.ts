/** Pods of one template, spoken of as clients do: each is to come out as if it were the only one. */
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import type { Pod, PodSpec } from '../../model/api/types.ts';
import type { ApiRequest } from '../../client/transport.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';
import { KnownSpecs, type KnownSpec } from './known-specs.ts';

let api: TestApi;
before(async () => {
  api = await startApi();
});
after(async () => {
  await api[Symbol.asyncDispose]();
  assert.deepEqual(api.bugs, []);
});

let names = 0;
const fresh = (): string => `n${names++}`;

interface Answer {
  readonly status: number;
  readonly warnings: readonly string[];
  readonly body: string;
}

async function send(method: ApiRequest['method'], path: string, object?: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json', 'user-agent': 'maker/1' };
  const body = object === undefined ? {} : { body: JSON.stringify(object) };
  const answer = await api.transport.send({ method, path, headers, ...body });
  return { status: answer.status, warnings: answer.warnings, body: await text(answer.body) };
}

async function made(path: string, object: object): Promise<Answer> {
  const answer = await send('POST', path, object);
  assert.equal(answer.status, 201, answer.body);
  return answer;
}

/** Two namespaces know nothing of each other's pods: what is made in a new one is made for the first time. */
async function newNamespace(): Promise<string> {
  const namespace = fresh();
  await made('/api/v1/namespaces', { metadata: { name: namespace } });
  await made(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } });
  return namespace;
}

const podsIn = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`;
const podOf = (name: string, spec: object, metadata: object = {}) => ({
  metadata: { name, ...metadata },
  spec,
});

/** What a template is known from: pods that have come twice. */
async function makeKnown(namespace: string, spec: object, metadata: object = {}): Promise<void> {
  for (let time = 0; time < 2; time += 1) await made(podsIn(namespace), podOf(fresh(), spec, metadata));
}

/** What differs from pod to pod, taken away; the suffix of the token's volume is any. */
function withoutOwn(body: string, name: string, namespace: string): string {
  return body
    .replaceAll(JSON.stringify(name), '"NAME"')
    .replaceAll(JSON.stringify(namespace), '"NAMESPACE"')
    .replaceAll(/"uid":"[^"]*"/g, '"uid":"UID"')
    .replaceAll(/"resourceVersion":"\d+"/g, '"resourceVersion":"1"')
    .replaceAll(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/g, '"TIME"')
    .replaceAll(/kube-api-access-\w{5}/g, 'kube-api-access-SUFFIX');
}

const BARE: PodSpec = { containers: [{ name: 'c', image: 'x:1' }] };

const SPECS: Record<string, object> = {
  bare: BARE,
  full: {
    schedulerName: 'nobody',
    priority: 0,
    initContainers: [{ name: 'i', image: 'y', command: ['true'] }],
    containers: [
      {
        name: 'c',
        image: 'x:1',
        env: [{ name: 'A', value: '1' }],
        ports: [{ containerPort: 80 }],
        resources: { requests: { cpu: '0.5' }, limits: { cpu: 1, memory: '64Mi' } },
        readinessProbe: { httpGet: { port: 80 } },
      },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
    tolerations: [{ key: 'k', operator: 'Exists' }],
  },
  gated: { ...BARE, schedulingGates: [{ name: 'example.com/wait' }] },
  'without token': { ...BARE, automountServiceAccountToken: false },
  warned: { containers: [{ name: 'c', image: 'x', env: [{ name: 'A' }, { name: 'A', value: '2' }] }] },
};

for (const [what, spec] of Object.entries(SPECS)) {
  test(`a later pod of a template is the first one again: ${what}`, async () => {
    const [first, second] = [await newNamespace(), await newNamespace()];
    const metadata = { labels: { app: 'web' }, annotations: { 'example.com/a': 'b' } };
    await makeKnown(second, spec, metadata);
    const answers = [
      await made(podsIn(first), podOf('pod-a', spec, metadata)),
      await made(podsIn(second), podOf('pod-b', spec, metadata)),
    ];
    const [a, b] = [first, second].map((namespace, index) =>
      withoutOwn(answers[index]?.body ?? '', `pod-${'ab'[index]}`, namespace),
    );
    assert.equal(b, a);
    assert.deepEqual(answers[1]?.warnings, answers[0]?.warnings);
    assert.equal(answers[1]?.warnings.length, what === 'warned' ? 1 : 0);
    const kept = await send('GET', `${podsIn(second)}/pod-b`);
    assert.deepEqual(JSON.parse(kept.body), JSON.parse(answers[1]?.body ?? ''));
  });
}

test('what is wrong with the metadata of a later pod is said as of the first', async () => {
  const namespaces = [await newNamespace(), await newNamespace()];
  await makeKnown(namespaces[1] ?? '', BARE);
  const wrong = { labels: { 'a b': 'c' }, finalizers: ['x y'] };
  const [first, later] = await Promise.all(
    namespaces.map((namespace) => send('POST', podsIn(namespace), podOf('Web', BARE, wrong))),
  );
  assert.equal(first?.status, 422);
  assert.equal(later?.body, first.body);
});

test('a pod that differs in one field is looked at anew', async () => {
  const namespace = await newNamespace();
  await makeKnown(namespace, BARE);
  const wrong = await send(
    'POST',
    podsIn(namespace),
    podOf(fresh(), { containers: [{ name: 'C', image: 'x:1' }] }),
  );
  assert.equal(wrong.status, 422);
  assert.match(wrong.body, /spec\.containers\[0\]\.name/);
  const other = await made(podsIn(namespace), podOf(fresh(), { ...BARE, restartPolicy: 'Never' }));
  assert.match(other.body, /"restartPolicy":"Never"/);
});

test('what admission finds changed holds for the next pod of a template', async () => {
  const namespace = await newNamespace();
  const next = async () => JSON.parse((await made(podsIn(namespace), podOf(fresh(), BARE))).body) as Pod;
  const thrice = async () => {
    const pods = [await next(), await next(), await next()];
    for (const { spec } of pods) assert.deepEqual(spec, pods[0]?.spec);
    return pods[2];
  };
  assert.deepEqual((await thrice())?.spec?.containers[0]?.resources, {});

  const ranges = `/api/v1/namespaces/${namespace}/limitranges`;
  await made(ranges, {
    metadata: { name: 'l' },
    spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '1' } }] },
  });
  const limited = await thrice();
  assert.deepEqual(limited?.spec?.containers[0]?.resources, { requests: { cpu: '1' } });
  assert.equal(limited?.status?.qosClass, 'Burstable');
  assert.match(limited?.metadata?.annotations?.['kubernetes.io/limit-ranger'] ?? '', /cpu request/);
  await send('DELETE', `${ranges}/l`);
  assert.deepEqual((await thrice())?.spec?.containers[0]?.resources, {});

  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
  const present = JSON.parse((await send('GET', account)).body) as object;
  await send('PUT', account, { ...present, imagePullSecrets: [{ name: 'pull' }] });
  assert.deepEqual((await thrice())?.spec?.imagePullSecrets, [{ name: 'pull' }]);

  const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
  await made(classes, { metadata: { name: 'high' }, value: 7, globalDefault: true });
  assert.equal((await thrice())?.spec?.priority, 7);
  await send('DELETE', `${classes}/high`);
  assert.equal((await thrice())?.spec?.priority, 0);

  await send('DELETE', account);
  const without = await send('POST', podsIn(namespace), podOf(fresh(), BARE));
  assert.equal(without.status, 403);
  assert.match(without.body, /serviceaccount \\"default\\" not found/);
});

test('every pod of a template is charged to the quotas of its namespace', async () => {
  const namespace = await newNamespace();
  await made(`/api/v1/namespaces/${namespace}/resourcequotas`, {
    metadata: { name: 'q' },
    spec: { hard: { pods: '3' } },
  });
  await makeKnown(namespace, BARE);
  await made(podsIn(namespace), podOf(fresh(), BARE));
  const fourth = await send('POST', podsIn(namespace), podOf(fresh(), BARE));
  assert.equal(fourth.status, 403);
  assert.match(fourth.body, /exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3/);
});

test('owners that a client names itself are judged by the whole pod, whatever is known of its specification', async () => {
  const namespace = await newNamespace();
  await makeKnown(namespace, BARE);
  const entry = {
    manager: 'other',
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } } },
  };
  const metadata = { labels: { a: 'b' }, managedFields: [entry] };
  const later = await made(podsIn(namespace), podOf('pod', BARE, metadata));
  const other = await newNamespace();
  const first = await made(podsIn(other), podOf('pod', BARE, metadata));
  assert.equal(withoutOwn(later.body, 'pod', namespace), withoutOwn(first.body, 'pod', other));
});

test('only so many specifications are remembered, none that came once, and none that is long', () => {
  const specs = new KnownSpecs();
  const surrounding = {};
  const known: KnownSpec = {
    spec: {},
    json: '{}',
    fields: '',
    annotations: undefined,
    warnings: [],
    surroundings: [surrounding],
  };
  const key = (index: number) => ({ text: `k${index}`, digest: index + 1 });
  for (let index = 0; index < 1000; index += 1) specs.remember(key(index), known);
  assert.equal(specs.get(key(999), [surrounding]), undefined);
  for (let index = 0; index < 1000; index += 1)
    for (let time = 0; time < 2; time += 1) specs.remember(key(index), known);
  assert.equal(specs.get(key(0), [surrounding]), undefined);
  assert.equal(specs.get(key(999), [surrounding]), known);
  assert.equal(specs.get(key(999), [{}]), undefined);
  assert.equal(specs.get({ text: 'of the same digest', digest: 1000 }, [surrounding]), undefined);
  const resource = api.server.registry.resources.find(({ plural }) => plural === 'pods');
  assert.ok(resource);
  const long = podOf('x', { containers: [{ name: 'c', args: ['x'.repeat(20_000)] }] });
  assert.equal(specs.keyOf({ resource, namespace: 'default' }, long), undefined);
});

test('where nothing comes again few are asked about, until something does', () => {
  const specs = new KnownSpecs();
  const resource = api.server.registry.resources.find(({ plural }) => plural === 'pods');
  assert.ok(resource);
  const ask = (what: string) => specs.keyOf({ resource, namespace: 'default' }, podOf('x', { what }));
  const asked = Array.from({ length: 180 }, (_, index) => ask(`${index}`)).filter((key) => key !== undefined);
  assert.equal(asked.length, 100 + 10);
  const known = { spec: {}, json: '{}', fields: '', annotations: undefined, warnings: [], surroundings: [] };
  for (let found = 0; found < 3; ) {
    const key = ask('a template');
    if (key === undefined) continue;
    found += 1;
    if (specs.get(key, []) === undefined) specs.remember(key, known);
  }
  for (let count = 0; count < 20; count += 1) assert.ok(ask('a template'));
});
