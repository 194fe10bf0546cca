import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { CONFIG_MAPS } from '../../client/resource-types.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

let api: TestApi;
before(async () => {
  api = await startApi();
});
after(() => api[Symbol.asyncDispose]());

async function get(path: string, accept = 'application/json'): Promise<string> {
  const answer = await api.transport.send({ method: 'GET', path, headers: { accept } });
  const parts: Uint8Array[] = [];
  for await (const part of answer.body) parts.push(part);
  return Buffer.concat(parts).toString();
}

test('strings stay strings in YAML, for readers of its older version too', async () => {
  const data = { time: '2026-01-02T03:04:05Z', yes: 'yes', number: '017', off: 'off', empty: '' };
  await api.client.create(CONFIG_MAPS, { metadata: { name: 'yaml', namespace: 'default' }, data });
  const path = '/api/v1/namespaces/default/configmaps';
  const one = await get(`${path}/yaml`, 'application/yaml');
  for (const version of ['1.1', '1.2'] as const) {
    const object = parse(one, { version }) as { data: object; metadata: { creationTimestamp: unknown } };
    assert.deepEqual(object.data, data);
    assert.equal(typeof object.metadata.creationTimestamp, 'string');
    const list = parse(await get(path, 'application/yaml'), { version }) as { items: { data: object }[] };
    assert.deepEqual(list.items.find(({ data: one }) => 'time' in one)?.data, data);
  }
});

test('the figures tell how many requests are under way', async () => {
  const lasting = async () => Number(/^peapod_lasting_requests (\d+)$/m.exec(await get('/metrics'))?.[1]);
  const before = await lasting();
  const watch = await api.transport.send({
    method: 'GET',
    path: '/api/v1/namespaces?watch=1',
    headers: {},
  });
  assert.equal(await lasting(), before + 1);
  for await (const _ of watch.body) break;
  while ((await lasting()) !== before) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.match(await get('/metrics'), /^apiserver_current_inflight_requests\{request_kind="mutating"\} 0$/m);
});

test('health is told in a word, or check by check, and says what is ill', async () => {
  assert.equal(await get('/livez'), 'ok');
  assert.equal(await get('/readyz?verbose'), '[+]ping ok\n[+]store ok\nreadyz check passed\n');
  assert.equal(await get('/readyz/ping'), 'ok');
  await using ill = await startApi();
  await ill.store[Symbol.asyncDispose]();
  const ask = async () => {
    const { status, body } = await ill.transport.send({
      method: 'GET',
      path: '/readyz?exclude=ping',
      headers: {},
    });
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    return { status, text: Buffer.concat(parts).toString() };
  };
  let answer = await ask();
  for (let tries = 0; answer.status === 200 && tries < 500; tries += 1) answer = await ask();
  assert.deepEqual(answer, {
    status: 500,
    text: '[+]ping excluded: ok\n[-]store failed: reason withheld\nreadyz check failed\n',
  });
});

test('an object comes whole, as its metadata alone, or as rows of a table', async () => {
  await api.client.create(CONFIG_MAPS, {
    metadata: { name: 'shaped', namespace: 'default' },
    data: { a: '1', b: '2' },
  });
  const path = '/api/v1/namespaces/default/configmaps/shaped';
  const as = async (shape: string): Promise<Record<string, unknown>> =>
    JSON.parse(await get(path, `application/json;as=${shape};v=v1;g=meta.k8s.io`)) as Record<string, unknown>;
  const { kind, apiVersion, metadata, ...rest } = await as('PartialObjectMetadata');
  assert.deepEqual([kind, apiVersion, rest], ['PartialObjectMetadata', 'meta.k8s.io/v1', {}]);
  assert.equal((metadata as { name: string }).name, 'shaped');
  const { columnDefinitions, rows } = (await as('Table')) as {
    columnDefinitions: { name: string }[];
    rows: { cells: unknown[]; object: { kind: string } }[];
  };
  assert.deepEqual(
    columnDefinitions.map(({ name }) => name),
    ['Name', 'Data', 'Age'],
  );
  assert.deepEqual(rows[0]?.cells.slice(0, 2), ['shaped', 2]);
  assert.equal(rows[0]?.object.kind, 'PartialObjectMetadata');
});

test('types of the API have the names that Kubernetes gives them', async () => {
  const text = await get('/openapi/v3/apis/scheduling.k8s.io/v1alpha2');
  const { components } = JSON.parse(text) as { components: { schemas: object } };
  const names = Object.keys(components.schemas);
  assert.ok(names.includes('io.k8s.api.scheduling.v1alpha2.WorkloadSpec'), names.join());
  assert.deepEqual(
    names.filter((name) => /V1(?:alpha|beta)\d+$/.test(name)),
    [],
  );
});
