import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isPeapodError } from '../model/errors.ts';
import { CONFIG_MAPS } from '../client/resource-types.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

let api: TestApi;
before(async () => {
  api = await startApi();
});
after(() => api[Symbol.asyncDispose]());

const create = (name: string, data = {}) =>
  api.client.create(CONFIG_MAPS, { metadata: { name, namespace: 'default' }, data });
const cached = (name: string) => api.server.registry.cache.get(`/configmaps/default/${name}`);

test('who only reads is handed the very objects of the server', async () => {
  await create('shared');
  const list = await api.client.list(CONFIG_MAPS, { namespace: 'default', readOnly: true });
  const found = list.items.find(({ metadata }) => metadata?.name === 'shared');
  assert.ok(found);
  assert.equal(found, cached('shared')?.object);
  const stop = new AbortController();
  const events = api.client.watch(CONFIG_MAPS, {
    namespace: 'default',
    resourceVersion: list.resourceVersion,
    readOnly: true,
    signal: stop.signal,
  });
  const first = events.next();
  await create('later', { k: 'v' });
  const added = (await first).value;
  assert.equal(added?.type, 'ADDED');
  assert.equal(added?.object, cached('later')?.object);
  const second = events.next();
  await api.client.delete(CONFIG_MAPS, 'default', 'later');
  const gone = (await second).value;
  assert.equal(gone?.type, 'DELETED');
  assert.equal(gone?.object.metadata?.resourceVersion, String(api.server.registry.cache.revision));
  stop.abort();
  assert.equal((await events.next()).done, true);
});

test('objects read that way are what comes over the wire, but for who owns their fields', async () => {
  const made = await create('wire', { k: 'v' });
  const [local] = (
    await api.client.list(CONFIG_MAPS, { fieldSelector: 'metadata.name=wire', readOnly: true })
  ).items;
  const [sent] = (await api.client.list(CONFIG_MAPS, { fieldSelector: 'metadata.name=wire' })).items;
  const got = await api.client.get(CONFIG_MAPS, 'default', 'wire');
  const { managedFields, ...metadata } = sent?.metadata ?? {};
  assert.equal(managedFields?.length, 1);
  assert.deepEqual(JSON.parse(JSON.stringify(local)), { ...sent, metadata });
  assert.deepEqual(made, got);
  assert.deepEqual(sent, got);
});

test('who changes what he shares with others fails, in tests', async () => {
  await create('frozen', { k: 'v' });
  const query = { fieldSelector: 'metadata.name=frozen', readOnly: true };
  const [shared] = (await api.client.list(CONFIG_MAPS, query)).items;
  assert.ok(shared?.data !== undefined);
  const { data } = shared;
  assert.throws(() => (data['k'] = 'w'), TypeError);
});

test('it is judged as the caller, and fails as it does over the wire', async () => {
  const nobody = api.clientOf({ name: 'nobody', groups: ['system:authenticated'] });
  const isForbidden = (error: unknown) => isPeapodError(error, 'Forbidden');
  await assert.rejects(nobody.list(CONFIG_MAPS, { readOnly: true }), isForbidden);
  const query = { resourceVersion: '1', readOnly: true };
  await assert.rejects(nobody.watch(CONFIG_MAPS, query).next(), isForbidden);
  const bad = api.client.list(CONFIG_MAPS, { labelSelector: '=,', readOnly: true });
  await assert.rejects(bad, (error) => isPeapodError(error, 'Invalid'));
});
