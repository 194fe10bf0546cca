import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CONFIG_MAPS, NAMESPACES, PODS } from '../../client/resource-types.ts';
import { isPeapodError, PeapodError } from '../../model/errors.ts';
import type { Store } from '../../store/store.ts';
import { openMemoryStore } from '../../store/testing/memory-store.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';
import { damageIn, IGNORE_READ_ERROR } from './damage.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
/** Its waits are over at once. */
const IMPATIENT = {
  now: () => Date.now(),
  sleep: (_ms: number, { signal }: { signal?: AbortSignal } = {}) =>
    delay(1, undefined, signal ? { signal } : {}),
};

interface Answer {
  readonly code: number;
  readonly warnings: readonly string[];
  readonly body: { reason?: string; message?: string; items?: { metadata: { name: string } }[] };
}

async function ask(api: TestApi, path: string, method: 'GET' | 'DELETE' = 'GET'): Promise<Answer> {
  const { status, warnings, body } = await api.transport.send({ method, path, headers: {} });
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return { code: status, warnings, body: JSON.parse(Buffer.concat(parts).toString()) as Answer['body'] };
}

const namesOf = ({ body }: Answer) => (body.items ?? []).map(({ metadata }) => metadata.name);
const map = (name: string) => ({ metadata: { name, namespace: 'default' }, data: { k: 'v' } });

/** A server whose store held two maps that cannot be read, and one that can, when it was opened. */
async function startDamaged(): Promise<TestApi> {
  const store = openMemoryStore();
  {
    const api = await startApi(store, IMPATIENT);
    for (const name of ['cut', 'sound', 'torn']) await api.client.create(CONFIG_MAPS, map(name));
    await api.server[Symbol.asyncDispose]();
  }
  const spoil = async (name: string, change: (text: string) => string) => {
    const entry = await store.get(`/configmaps/default/${name}`);
    assert.ok(entry !== undefined);
    const text = change(Buffer.from(entry.value).toString('latin1'));
    await store.update(entry.key, Buffer.from(text, 'latin1'), entry.modRevision);
  };
  await spoil('cut', (text) => text.slice(0, -2));
  // Its ends are as they were.
  await spoil('torn', (text) => text.replace('"data"', '\0\xff\xff\xff\xff\0'));
  return startApi(store, IMPATIENT);
}

test('what is damaged is named, and all the rest is read', async () => {
  await using api = await startDamaged();
  const damage = damageIn(api.server.registry);
  assert.match(damage?.message ?? '', /\/configmaps\/default\/cut, \/configmaps\/default\/torn are damaged/);
  assert.match(damage?.hint ?? '', /kubectl delete --raw '\/api\/v1\/namespaces\/default\/configmaps\/cut\?/);
  assert.equal((await ask(api, `${MAPS}/sound`)).code, 200);
  const unreadable = await ask(api, `${MAPS}/torn`);
  assert.deepEqual([unreadable.code, unreadable.body.reason], [500, 'StorageReadError']);
  assert.match(unreadable.body.message ?? '', /cannot read configmaps "torn": it is damaged in the database/);
  const lists = ['', '?limit=1', '?resourceVersion=0', '?labelSelector=a!=b'];
  for (const query of lists) {
    const list = await ask(api, `${MAPS}${query}`);
    assert.deepEqual(namesOf(list), ['sound']);
    assert.match(list.warnings.join(), /the objects \/configmaps\/default\/cut, .* not in this list/);
  }
  assert.deepEqual((await ask(api, '/api/v1/namespaces/kube-system/configmaps')).warnings, []);
});

test('who would act on what it does not find is told nothing', async () => {
  await using api = await startDamaged();
  await assert.rejects(api.client.list(CONFIG_MAPS, { readOnly: true }), /are damaged in the database/);
  assert.ok((await api.client.list(NAMESPACES, { readOnly: true })).items.length > 0);
});

test('nothing is written before all that is damaged is given up, and then all is as ever', async () => {
  await using api = await startDamaged();
  const refused = (error: unknown) =>
    isPeapodError(error) && /damaged in the database, and nothing is written/.test(error.message);
  await assert.rejects(api.client.create(CONFIG_MAPS, map('new')), refused);
  await assert.rejects(api.client.delete(CONFIG_MAPS, 'default', 'sound'), refused);
  const giveUp = (name: string, more = '') =>
    ask(api, `${MAPS}/${name}?${IGNORE_READ_ERROR}=true${more}`, 'DELETE');
  assert.match((await giveUp('sound')).body.message ?? '', /is exclusively used to delete corrupt object/);
  assert.match(
    (await giveUp('cut', '&gracePeriodSeconds=0')).body.message ?? '',
    /cannot be set together with/,
  );
  assert.equal((await giveUp('nobody')).code, 404);
  assert.equal((await giveUp('cut', '&dryRun=All')).code, 200);
  assert.equal((await giveUp('cut')).code, 200);
  await assert.rejects(api.client.create(CONFIG_MAPS, map('new')), refused);
  assert.equal((await giveUp('torn')).code, 200);
  assert.deepEqual(namesOf(await ask(api, MAPS)), ['sound']);
  await api.client.create(CONFIG_MAPS, map('cut'));
  assert.equal((await api.client.list(CONFIG_MAPS, { readOnly: true })).items.length, 2);
});

test('to give up what is damaged takes a permission of its own', async () => {
  await using api = await startDamaged();
  const editor = api.clientOf({ name: 'editor', groups: ['system:authenticated'] });
  await assert.rejects(editor.delete(CONFIG_MAPS, 'default', 'cut'), /cannot delete resource/);
});

test('a store that cannot be written is served without what every cluster has, which is made when it can', async () => {
  const memory = openMemoryStore();
  let isFull = true;
  const store: Store = {
    ...memory,
    create: (...args) =>
      isFull ? Promise.reject(new PeapodError('NoSpace', 'the disk is full')) : memory.create(...args),
  };
  await using api = await startApi(store, IMPATIENT);
  assert.match(String(api.logged[0]), /what every cluster has cannot be made at present/);
  assert.deepEqual((await api.client.list(PODS)).items, []);
  assert.deepEqual((await api.client.list(NAMESPACES)).items, []);
  isFull = false;
  while ((await api.client.find(NAMESPACES, '', 'default')) === undefined) await delay(5);
});
