import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { WatchEvent } from '../../client/api-client.ts';
import { ApiError } from '../../client/api-error.ts';
import { CONFIG_MAPS, PODS } from '../../client/resource-types.ts';
import type { ConfigMap } from '../../model/api/types.ts';
import { itemsOf } from '../../model/items-of.ts';
import { EVERYTHING } from './selection.ts';
import { watchObjects } from './watch-objects.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

/** More than a watcher may leave unread, twice: what it has been handed it still has. */
const CHANGES = 25_000;

let api: TestApi;
before(async () => {
  api = await startApi();
  for (const name of ['kube-public', 'kube-system']) {
    for (let index = 0; index < 5; index += 1) {
      const labels = { parity: index % 2 === 0 ? 'even' : 'odd' };
      await api.client.create(CONFIG_MAPS, { metadata: { name: `c${index}`, namespace: name, labels } });
    }
  }
});
after(async () => {
  await api[Symbol.asyncDispose]();
  assert.deepEqual(api.bugs, []);
});

async function names(options: Parameters<TestApi['client']['list']>[1]): Promise<string[]> {
  const { items } = await api.client.list(CONFIG_MAPS, options);
  return items.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
}

async function code(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: unknown) =>
      error instanceof ApiError ? `${error.status.code} ${error.status.reason}` : String(error),
  );
}

test('lists are in the order of their keys, of one namespace or of all', async () => {
  assert.deepEqual(
    await names({ namespace: 'kube-system' }),
    [0, 1, 2, 3, 4].map((n) => `kube-system/c${n}`),
  );
  assert.equal((await names({})).length, 10);
});

test('selectors choose by labels and fields', async () => {
  assert.deepEqual(await names({ namespace: 'kube-public', labelSelector: 'parity=odd' }), [
    'kube-public/c1',
    'kube-public/c3',
  ]);
  assert.deepEqual(await names({ labelSelector: 'parity notin (odd)', fieldSelector: 'metadata.name!=c0' }), [
    'kube-public/c2',
    'kube-public/c4',
    'kube-system/c2',
    'kube-system/c4',
  ]);
  assert.deepEqual(await names({ fieldSelector: 'metadata.name=c1,metadata.namespace=kube-system' }), [
    'kube-system/c1',
  ]);
  assert.equal(await code(api.client.list(CONFIG_MAPS, { fieldSelector: 'spec.x=1' })), '400 BadRequest');
  assert.equal(await code(api.client.list(CONFIG_MAPS, { labelSelector: 'a=b=c(' })), '400 BadRequest');
});

test('pages show one revision, whatever is written meanwhile', async () => {
  const first = await api.client.list(CONFIG_MAPS, { namespace: 'kube-system', limit: 2 });
  await api.client.create(CONFIG_MAPS, { metadata: { name: 'c15', namespace: 'kube-system' } });
  await api.client.delete(CONFIG_MAPS, 'kube-system', 'c15');
  const second = await api.client.list(CONFIG_MAPS, {
    namespace: 'kube-system',
    limit: 2,
    continueToken: first.continueToken,
  });
  const third = await api.client.list(CONFIG_MAPS, {
    namespace: 'kube-system',
    limit: 2,
    continueToken: second.continueToken,
  });
  const all = [first, second, third].flatMap(({ items }) => items.map(({ metadata }) => metadata?.name));
  assert.deepEqual(all, ['c0', 'c1', 'c2', 'c3', 'c4']);
  assert.equal(third.continueToken, '');
  assert.equal(second.resourceVersion, first.resourceVersion);
});

test('forged tokens and versions are refused', async () => {
  for (const token of [
    'x',
    Buffer.from('{"v":"peapod/v1","rv":5,"start":"../../secrets/a"}').toString('base64url'),
    Buffer.from('[]').toString('base64url'),
  ])
    assert.equal(await code(api.client.list(CONFIG_MAPS, { continueToken: token })), '400 BadRequest');
  assert.equal(await code(api.client.list(CONFIG_MAPS, { resourceVersion: 'abc' })), '400 BadRequest');
  assert.equal(await code(api.client.list(CONFIG_MAPS, { resourceVersion: '99999999' })), '504 Timeout');
});

async function take(events: AsyncIterable<WatchEvent<ConfigMap>>, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const { type, object } of events) {
    seen.push(type === 'BOOKMARK' ? type : `${type} ${object.metadata?.name}`);
    if (seen.length === count) break;
  }
  return seen;
}

test('a watch tells what happens after its version, each change once', async () => {
  const { resourceVersion } = await api.client.list(CONFIG_MAPS, {});
  const object = await api.client.create(CONFIG_MAPS, { metadata: { name: 'w', namespace: 'default' } });
  const changed = await api.client.update(CONFIG_MAPS, { ...object, data: { a: '1' } });
  const first = take(api.client.watch(CONFIG_MAPS, { resourceVersion }), 3);
  await api.client.delete(CONFIG_MAPS, 'default', 'w');
  assert.deepEqual(await first, ['ADDED w', 'MODIFIED w', 'DELETED w']);
  const resumed = await take(
    api.client.watch(CONFIG_MAPS, { resourceVersion: changed.metadata?.resourceVersion ?? '' }),
    1,
  );
  assert.deepEqual(resumed, ['DELETED w']);
});

test('what begins and ceases to match the selector comes and goes', async () => {
  const { resourceVersion } = await api.client.list(CONFIG_MAPS, {});
  const events = take(api.client.watch(CONFIG_MAPS, { resourceVersion, labelSelector: 'on=yes' }), 3);
  const patch = (labels: object) =>
    api.client.patch(CONFIG_MAPS, 'default', 's', 'merge', { metadata: { labels } });
  await api.client.create(CONFIG_MAPS, { metadata: { name: 's', namespace: 'default' } });
  await patch({ on: 'yes' });
  await patch({ other: 'x' });
  await patch({ on: 'no' });
  await api.client.delete(CONFIG_MAPS, 'default', 's');
  assert.deepEqual(await events, ['ADDED s', 'MODIFIED s', 'DELETED s']);
});

test('initial events end with a bookmark that says so', async () => {
  const path =
    '/api/v1/namespaces/kube-public/configmaps?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1';
  const seen: string[] = [];
  const { inProcessTransport } = await import('../in-process-transport.ts');
  await using transport = inProcessTransport(api.server.api, { name: 'a', groups: ['system:masters'] });
  const response = await transport.send({ method: 'GET', path, headers: {} });
  for await (const chunk of response.body) seen.push(Buffer.from(chunk).toString());
  const events = seen
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; object: { metadata: { annotations?: object } } });
  assert.deepEqual(
    events.slice(0, 6).map(({ type }) => type),
    ['ADDED', 'ADDED', 'ADDED', 'ADDED', 'ADDED', 'BOOKMARK'],
  );
  assert.deepEqual(events[5]?.object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
});

test('a watch of one object by its name, and of pods by their node', async () => {
  const { resourceVersion } = await api.client.list(PODS, {});
  const pod = (name: string, nodeName: string) => ({
    metadata: { name, namespace: 'default' },
    spec: { nodeName, containers: [{ name: 'c', image: 'x' }] },
  });
  const seen: string[] = [];
  const watching = (async () => {
    for await (const { object } of api.client.watch(PODS, {
      resourceVersion,
      fieldSelector: 'spec.nodeName=mine',
    })) {
      if ('spec' in object) seen.push(object.metadata?.name ?? '');
      if (seen.length === 2) break;
    }
  })();
  for (const [name, node] of [
    ['a', 'mine'],
    ['b', 'other'],
    ['c', 'mine'],
  ] as const)
    await api.client.create(PODS, pod(name, node));
  await watching;
  assert.deepEqual(seen, ['a', 'c']);
});

test('how a version is to be matched is said rightly, or refused', async () => {
  const path = '/api/v1/configmaps';
  const cases: [string, RegExp][] = [
    ['resourceVersionMatch=Exact', /forbidden unless resourceVersion is provided/],
    ['resourceVersionMatch=Exact&resourceVersion=0', /"exact" is forbidden for resourceVersion "0"/],
    [
      'resourceVersionMatch=Newest&resourceVersion=1',
      /Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""/,
    ],
    ['resourceVersionMatch=Exact&resourceVersion=1&continue=x', /forbidden when continue is provided/],
  ];
  for (const [query, expected] of cases)
    await assert.rejects(api.client.raw('GET', `${path}?${query}`), expected);
  await api.client.raw('GET', `${path}?resourceVersionMatch=NotOlderThan&resourceVersion=0`);
});

test('a page from before the compaction has expired, and says how the list goes on all the same', async () => {
  const ask = (continueToken: string) =>
    api.client.list(CONFIG_MAPS, { namespace: 'kube-system', limit: 2, continueToken });
  const first = await ask('');
  await api.client.delete(CONFIG_MAPS, 'kube-system', 'c3');
  await api.client.create(CONFIG_MAPS, { metadata: { name: 'c9', namespace: 'kube-system' } });
  await api.store.compact(await api.store.currentRevision());
  const { status } = await ask(first.continueToken).then(
    () => assert.fail('an old page is shown'),
    (error: ApiError) => error,
  );
  assert.equal(status.reason, 'Expired');
  assert.match(status.message ?? '', /use the continue token in this response/);
  const second = await ask(status.metadata?.continue ?? '');
  const third = await ask(second.continueToken);
  const rest = [second, third].flatMap(({ items }) => items.map(({ metadata }) => metadata?.name));
  assert.deepEqual(rest, ['c2', 'c4', 'c9']);
  assert.notEqual(second.resourceVersion, first.resourceVersion);
  assert.equal(third.resourceVersion, second.resourceVersion);
});

test('a watcher that does not read is dropped with an error, and nobody else is', async () => {
  const { resourceVersion } = await api.client.list(CONFIG_MAPS, {});
  const path = `/api/v1/configmaps?watch=1&resourceVersion=${resourceVersion}`;
  const idle = await api.transport.send({ method: 'GET', path, headers: {} });
  const other = take(
    api.client.watch(CONFIG_MAPS, { resourceVersion, fieldSelector: 'metadata.name=other' }),
    1,
  );
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'busy' } };
  const [key, value] = ['/configmaps/default/busy', Buffer.from(JSON.stringify(object))];
  let revision = await api.store.create(key, value);
  for (let index = 1; index < CHANGES; index += 1) {
    revision = await api.store.update(key, value, revision);
    // Who reads is let read.
    if (index % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of idle.body) pieces.push(piece);
  const lines = Buffer.concat(pieces).toString().trim().split('\n');
  const last = JSON.parse(lines.at(-1) ?? '') as { type: string; object: { code: number; reason: string } };
  assert.deepEqual([last.type, last.object.code, last.object.reason], ['ERROR', 410, 'Expired']);
  assert.ok(lines.length < CHANGES, 'what it did not read was not kept for it');
  await api.client.create(CONFIG_MAPS, { metadata: { name: 'other', namespace: 'default' } });
  assert.deepEqual(await other, ['ADDED other']);
  await api.store.delete(key, revision);
});

test('a version from before the compaction has expired', async () => {
  const { resourceVersion } = await api.client.list(CONFIG_MAPS, {});
  await using other = await startApi(api.store);
  await api.client.create(CONFIG_MAPS, { metadata: { name: 'late', namespace: 'default' } });
  await api.store.compact(await api.store.currentRevision());
  await using restarted = await startApi(api.store);
  void other;
  const watch = restarted.client.watch(CONFIG_MAPS, { resourceVersion });
  assert.match(await code(watch.next()), /^410 Expired/);
});

test('a bookmark comes only when all before it has been told', async () => {
  await using api = await startApi();
  const { registry } = api.server;
  const resource = registry.resources.find(({ storedAs }) => storedAs === 'configmaps');
  assert.ok(resource !== undefined);
  let now = 0;
  const create = (name: string) =>
    api.client.create(CONFIG_MAPS, { metadata: { name, namespace: 'kube-public' } });
  using watch = await watchObjects(
    registry,
    { resource, namespace: 'kube-public' },
    {
      selection: EVERYTHING,
      resourceVersion: String(registry.cache.revision),
      allowBookmarks: true,
      sendInitialEvents: false,
      timeoutMs: 600_000,
    },
    { signal: new AbortController().signal, now: () => now },
  );
  const events = itemsOf(watch.events);
  const first = events.next();
  await create('told-1');
  await first;
  // The client is slow: it has not taken this one when the time for a bookmark comes.
  await create('told-2');
  now = 120_000;
  const told: string[] = [];
  for (const { value: event } of [await events.next(), await events.next()]) {
    assert.ok(event !== undefined);
    told.push(event.type === 'BOOKMARK' ? event.type : (event.object.object.metadata?.name ?? ''));
  }
  assert.deepEqual(told, ['told-2', 'BOOKMARK']);
});
