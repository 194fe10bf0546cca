/** What every store must do, sentence by sentence of `store.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPeapodError } from '../../model/errors.ts';
import type { Store, StoreEvent } from '../store.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: unknown) => (isPeapodError(error) ? error.code : String(error)),
  );
}

function told(event: StoreEvent): string {
  if (event.type === 'bookmark') return `bookmark ${event.revision}`;
  if (event.type === 'delete')
    return `delete ${event.key}@${event.revision} was ${Buffer.from(event.previous.value).toString()}`;
  const { key, modRevision, value } = event.entry;
  const before = event.previous === undefined ? '' : ` was ${Buffer.from(event.previous.value).toString()}`;
  return `put ${key}@${modRevision} ${Buffer.from(value).toString()}${before}`;
}

/** The first events of a watch, bookmarks left out. */
async function take(store: Store, prefix: string, afterRevision: number, count: number): Promise<string[]> {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const event of store.watch({ prefix, afterRevision, signal: stop.signal })) {
    if (event.type !== 'bookmark') seen.push(told(event));
    if (seen.length === count) stop.abort();
  }
  return seen.slice(0, count);
}

/** @param open an empty store each time */
export function testStore(name: string, open: () => Promise<Store>): void {
  const each = (title: string, work: (store: Store) => Promise<void>): void => {
    void test(`${name}: ${title}`, async () => {
      await using store = await open();
      await work(store);
    });
  };

  each('an empty store is at revision 1, and each write takes the next', async (store) => {
    assert.equal(await store.currentRevision(), 1);
    assert.equal(await store.create('/a/1', bytes('x')), 2);
    assert.equal(await store.update('/a/1', bytes('y'), 2), 3);
    assert.equal(await store.delete('/a/1', 3), 4);
    assert.equal(await store.currentRevision(), 4);
  });

  each('entries tell when they were created, and when written last', async (store) => {
    await store.create('/a/1', bytes('x'));
    await store.update('/a/1', bytes('y'), 2);
    const entry = await store.get('/a/1');
    assert.deepEqual(
      [entry?.createRevision, entry?.modRevision, Buffer.from(entry?.value ?? []).toString()],
      [2, 3, 'y'],
    );
    await store.delete('/a/1', 3);
    await store.create('/a/1', bytes('z'));
    assert.equal((await store.get('/a/1'))?.createRevision, 5);
  });

  each('writes are refused by what is there', async (store) => {
    await store.create('/a/1', bytes('x'));
    assert.equal(await codeOf(store.create('/a/1', bytes('y'))), 'AlreadyExists');
    assert.equal(await codeOf(store.update('/a/1', bytes('y'), 1)), 'Conflict');
    assert.equal(await codeOf(store.update('/a/2', bytes('y'), 1)), 'NotFound');
    assert.equal(await codeOf(store.delete('/a/1', 7)), 'Conflict');
    assert.equal(await codeOf(store.delete('/a/2', 7)), 'NotFound');
    assert.equal(await store.currentRevision(), 2);
  });

  each('of many who write against one version one gets through', async (store) => {
    await store.create('/a/1', bytes('0'));
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) => codeOf(store.update('/a/1', bytes(String(index)), 2))),
    );
    assert.equal(results.filter((code) => code === 'ok').length, 1);
    assert.equal(results.filter((code) => code === 'Conflict').length, 19);
  });

  each('the past can be read, as far as it has been', async (store) => {
    await store.create('/a/1', bytes('x'));
    await store.create('/a/2', bytes('y'));
    await store.delete('/a/1', 2);
    const at = async (revision: number) =>
      (await store.list({ prefix: '/a/', revision })).entries.map(({ key }) => key);
    assert.deepEqual(await Promise.all([1, 2, 3, 4].map(at)), [[], ['/a/1'], ['/a/1', '/a/2'], ['/a/2']]);
    assert.equal((await store.get('/a/1', { revision: 3 }))?.modRevision, 2);
    assert.equal(await store.get('/a/1', { revision: 4 }), undefined);
    assert.equal(await codeOf(store.get('/a/1', { revision: 99 })), 'Invalid');
    assert.equal(await codeOf(store.list({ prefix: '/', revision: 99 })), 'Invalid');
  });

  each('lists are in order, in pages, and count what is left', async (store) => {
    for (const key of ['/b/x', '/a/3', '/a/1', '/a/2', '/ab/1', '/a/10']) await store.create(key, bytes(key));
    const first = await store.list({ prefix: '/a/', limit: 2 });
    assert.deepEqual(
      [first.entries.map(({ key }) => key), first.remaining, first.revision],
      [['/a/1', '/a/10'], 2, 7],
    );
    await store.create('/a/11', bytes('late'));
    const second = await store.list({ prefix: '/a/', afterKey: '/a/10', limit: 2, revision: 7 });
    assert.deepEqual([second.entries.map(({ key }) => key), second.remaining], [['/a/2', '/a/3'], 0]);
    assert.equal(await store.count('/a/'), 5);
    assert.equal(await store.count('/'), 7);
  });

  each(
    'a watch tells the past after its revision, and then what comes, each once and in order',
    async (store) => {
      await store.create('/a/1', bytes('x'));
      await store.update('/a/1', bytes('y'), 2);
      await store.create('/b/1', bytes('other'));
      const watching = take(store, '/a/', 2, 3);
      await store.delete('/a/1', 3);
      await store.create('/a/1', bytes('z'));
      assert.deepEqual(await watching, ['put /a/1@3 y was x', 'delete /a/1@5 was y', 'put /a/1@6 z']);
    },
  );

  each('a bookmark says when the past has been told', async (store) => {
    await store.create('/a/1', bytes('x'));
    await store.create('/b/1', bytes('x'));
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const event of store.watch({ prefix: '/a/', afterRevision: 1, signal: stop.signal })) {
      seen.push(told(event));
      if (event.type === 'bookmark') stop.abort();
    }
    assert.deepEqual(seen, ['put /a/1@2 x', 'bookmark 3']);
  });

  each('a watch that is aborted ends without an error; one from the future is refused', async (store) => {
    const stop = new AbortController();
    stop.abort();
    for await (const _ of store.watch({ prefix: '/', afterRevision: 1, signal: stop.signal }))
      assert.fail('an event');
    assert.equal(await codeOf(take(store, '/', 99, 1)), 'Invalid');
  });

  each('what was compacted cannot be read or watched from; what still is stays', async (store) => {
    await store.create('/a/1', bytes('x'));
    await store.update('/a/1', bytes('y'), 2);
    await store.create('/a/2', bytes('z'));
    await store.delete('/a/2', 4);
    await store.compact(4);
    assert.equal(await codeOf(store.list({ prefix: '/', revision: 3 })), 'Expired');
    assert.equal(await codeOf(store.get('/a/1', { revision: 3 })), 'Expired');
    assert.equal(await codeOf(take(store, '/', 3, 1)), 'Expired');
    assert.deepEqual(
      (await store.list({ prefix: '/', revision: 4 })).entries.map(({ key }) => key),
      ['/a/1', '/a/2'],
    );
    assert.deepEqual(await take(store, '/', 4, 1), ['delete /a/2@5 was z']);
    assert.equal(Buffer.from((await store.get('/a/1'))?.value ?? []).toString(), 'y');
    assert.equal(await codeOf(store.compact(99)), 'Invalid');
  });

  each('a page and the watch that follows it make a whole, whoever writes meanwhile', async (store) => {
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let index = 0; index < 25; index += 1) await store.create(`/k/${writer}-${index}`, bytes('x'));
    });
    for (let round = 0; round < 10; round += 1) {
      const page = await store.list({ prefix: '/k/' });
      assert.ok(page.entries.every(({ modRevision }) => modRevision <= page.revision));
      assert.equal(page.entries.length, page.revision - 1);
      assert.ok((await store.currentRevision()) >= page.revision);
    }
    await Promise.all(writers);
  });

  each('a write that is acknowledged has been announced', async (store) => {
    const stop = new AbortController();
    const seen = new Set<number>();
    const watching = (async () => {
      for await (const event of store.watch({ prefix: '/', afterRevision: 1, signal: stop.signal }))
        if (event.type === 'put') seen.add(event.entry.modRevision);
    })();
    const revisions = await Promise.all(
      Array.from({ length: 50 }, (_, index) => store.create(`/a/${index}`, bytes('x'))),
    );
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await watching;
    assert.deepEqual(
      revisions.filter((revision) => !seen.has(revision)),
      [],
    );
  });

  each('a key with a time to live goes by itself, and watchers see it', async (store) => {
    await store.create('/a/1', bytes('x'), { ttlSeconds: 0.05 });
    await store.create('/a/2', bytes('y'), { ttlSeconds: 0.05 });
    await store.update('/a/2', bytes('kept'), 3);
    assert.deepEqual(await take(store, '/a/', 4, 1), ['delete /a/1@5 was x']);
    assert.notEqual(await store.get('/a/2'), undefined);
  });
}
