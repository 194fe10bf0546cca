import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import * as fc from 'fast-check';
import { isPeapodError } from '../../model/errors.ts';
import type { Store, StoreEvent } from '../store.ts';
import { openMemoryStore } from '../testing/memory-store.ts';
import { REAL_CLOCK } from '../testing/real-clock.ts';
import { testStore } from '../testing/store-contract.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

const directory = mkdtempSync(join(tmpdir(), 'peapod-sqlite-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;
const freshPath = (): string => join(directory, `s${count++}`, 'state.db');
const open = (path: string) => openSqliteStore({ path, clock: REAL_CLOCK });

testStore('sqlite', () => open(freshPath()));

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: unknown) => (isPeapodError(error) ? error.code : String(error)),
  );
}

test('everything is there when it is opened again, and revisions go on', async () => {
  const path = freshPath();
  {
    await using store = await open(path);
    await store.create('/a', Buffer.from('x'));
    await store.create('/b', Buffer.from('y'));
    await store.delete('/b', 3);
  }
  await using store = await open(path);
  assert.equal(await store.currentRevision(), 4);
  assert.equal(await store.create('/c', Buffer.from('z')), 5);
  assert.equal((await store.list({ prefix: '/', revision: 3 })).entries.length, 2);
});

test('only its owner may look into it, and one process at a time', async () => {
  const path = freshPath();
  await using _store = await open(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(await codeOf(open(path)), 'FailedPrecondition');
});

test('what watchers are told holds no more memory than its bytes, though the writer took slices of a pool', async () => {
  await using store = await open(freshPath());
  const stop = new AbortController();
  await store.update('/a', Buffer.from('y'), await store.create('/a', Buffer.from('x')));
  const watch = store.watch({ prefix: '/', afterRevision: 3, signal: stop.signal });
  const events = watch[Symbol.asyncIterator]();
  const first = await events.next();
  const slice = Buffer.from('z');
  assert.ok(first.done !== true && first.value.type === 'bookmark');
  assert.ok(slice.buffer.byteLength > 1000);
  await store.update('/a', slice, 3);
  const { value: event } = (await events.next()) as { value: StoreEvent };
  assert.ok(event.type === 'put');
  assert.deepEqual([...event.entry.value], [...slice]);
  assert.equal(event.entry.value.buffer.byteLength, 1);
  assert.equal(event.previous?.value.buffer.byteLength, 1);
  stop.abort();
  await events.return(undefined);
});

test('a file that is no database, and one that is damaged, are named', async () => {
  const path = freshPath();
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, 'this is no database, and never was one, whatever it is called'.repeat(100));
  assert.equal(await codeOf(open(path)), 'Corrupt');
  const damaged = freshPath();
  {
    await using store = await open(damaged);
    for (let index = 0; index < 200; index += 1) await store.create(`/k/${index}`, Buffer.alloc(500, 'x'));
  }
  const database = new DatabaseSync(damaged);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  const bytes = readFileSync(damaged);
  bytes.fill(0x5a, 8192, Math.min(bytes.length, 40_960));
  writeFileSync(damaged, bytes);
  assert.equal(await codeOf(open(damaged)), 'Corrupt');
});

test('a file that was emptied is named, and its log kept; one that was moved away is made anew', async () => {
  const path = freshPath();
  {
    await using store = await open(path);
    await store.create('/a', Buffer.from('x'));
    writeFileSync(`${path}.copy`, readFileSync(path));
    writeFileSync(`${path}-wal.copy`, readFileSync(`${path}-wal`));
  }
  writeFileSync(path, '');
  copyFileSync(`${path}-wal.copy`, `${path}-wal`);
  await assert.rejects(open(path), /state\.db is damaged: it is empty/);
  assert.deepEqual(readFileSync(`${path}-wal`), readFileSync(`${path}-wal.copy`));
  copyFileSync(`${path}.copy`, path);
  {
    await using store = await open(path);
    assert.equal((await store.list({ prefix: '/' })).entries.length, 1);
  }
  copyFileSync(`${path}-wal.copy`, `${path}-wal`);
  rmSync(path);
  writeFileSync(`${path}.new`, 'half of one');
  await using store = await open(path);
  assert.equal((await store.list({ prefix: '/' })).entries.length, 0);
  assert.equal(await store.create('/b', Buffer.from('y')), 2);
});

test('a file whose damage is not in what is there now can be read, and takes nothing more', async () => {
  const path = freshPath();
  {
    await using store = await open(path);
    for (let index = 0; index < 200; index += 1) await store.create(`/k/${index}`, Buffer.alloc(500, 'x'));
  }
  const database = new DatabaseSync(path);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const { rootpage } = database
    .prepare("SELECT rootpage FROM sqlite_master WHERE name = 'expiry_by_time'")
    .get() as { rootpage: number };
  database.close();
  const bytes = readFileSync(path);
  bytes.fill(0x5a, (rootpage - 1) * 4096, rootpage * 4096);
  writeFileSync(path, bytes);
  await using store = await open(path);
  assert.match(store.unwritable?.message ?? '', /is damaged/);
  assert.equal((await store.list({ prefix: '/k/' })).entries.length, 200);
  assert.equal(await codeOf(store.create('/new', Buffer.from('y'))), 'Corrupt');
});

test('a store that cannot be written can be read, with what was still in the log, and says so', async () => {
  const path = freshPath();
  const mount = join(directory, 'read-only');
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', mount]);
  try {
    {
      await using store = await open(path);
      await store.create('/a', Buffer.from('x'));
      // As a process that was killed leaves it.
      for (const suffix of ['', '-wal']) copyFileSync(`${path}${suffix}`, join(mount, `state.db${suffix}`));
    }
    execFileSync('mount', ['-o', 'remount,ro', mount]);
    await using store = await open(join(mount, 'state.db'));
    assert.equal(Buffer.from((await store.get('/a'))?.value ?? []).toString(), 'x');
    assert.equal(await codeOf(store.create('/b', Buffer.from('y'))), 'ReadOnly');
  } finally {
    execFileSync('umount', [mount]);
  }
});

test('a full disk refuses writes, loses nothing, and takes writes again when there is room', async () => {
  const mount = join(directory, 'small');
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount]);
  try {
    await using store = await open(join(mount, 'state.db'));
    const written: string[] = [];
    let refusal = 'ok';
    for (let index = 0; index < 200 && refusal === 'ok'; index += 1) {
      refusal = await codeOf(store.create(`/k/${index}`, Buffer.alloc(20_000, 'x')));
      if (refusal === 'ok') written.push(`/k/${index}`);
    }
    assert.equal(refusal, 'NoSpace');
    const keys = (await store.list({ prefix: '/k/' })).entries.map(({ key }) => key);
    assert.deepEqual(keys.sort(), written.sort());
    execFileSync('mount', ['-o', 'remount,size=8m', mount]);
    assert.equal(await codeOf(store.create('/k/more', Buffer.alloc(20_000, 'x'))), 'ok');
  } finally {
    execFileSync('umount', [mount]);
  }
});

test('a log that a loss of power has cut or torn is read up to a whole write, and the store goes on from there', async () => {
  const path = freshPath();
  const [kept, log] = [freshPath(), 'state.db-wal'];
  const writes = 80;
  mkdirSync(dirname(kept), { recursive: true });
  {
    await using store = await open(path);
    for (let index = 0; index < writes; index += 1)
      await store.create(`/k/${String(index).padStart(3, '0')}`, Buffer.alloc(index * 40, 'x'));
    for (const file of ['state.db', log]) copyFileSync(join(dirname(path), file), join(dirname(kept), file));
  }
  const whole = readFileSync(join(dirname(kept), log));
  assert.ok(whole.length > writes * 1000, 'the writes are in the log');
  const found: { length: number; count: number }[] = [];
  const property = fc.asyncProperty(fc.nat(whole.length), fc.boolean(), async (length, isTorn) => {
    const damaged = freshPath();
    mkdirSync(dirname(damaged), { recursive: true });
    copyFileSync(kept, damaged);
    // A torn end has its length on disk, and not what was written there.
    const rest = Buffer.alloc(isTorn ? whole.length - length : 0, 0xa5);
    writeFileSync(join(dirname(damaged), log), Buffer.concat([whole.subarray(0, length), rest]));
    await using store = await open(damaged);
    const { entries, revision } = await store.list({ prefix: '/k/' });
    assert.deepEqual(
      entries.map(({ key, value, modRevision }) => [key, value.length, modRevision]),
      entries.map((_, index) => [`/k/${String(index).padStart(3, '0')}`, index * 40, index + 2]),
    );
    assert.equal(revision, entries.length + 1);
    found.push({ length, count: entries.length });
    assert.equal(await store.create('/next', Buffer.from('y')), revision + 1);
  });
  await fc.assert(property, {
    numRuns: 40,
    examples: [
      [whole.length, false],
      [0, false],
    ],
  });
  const counts = found.toSorted((a, b) => a.length - b.length).map(({ count }) => count);
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
    'a longer log has no fewer writes',
  );
  assert.equal(counts.at(-1), writes);
  assert.ok(new Set(counts).size > 8, 'cuts fall between many writes');
});

test('a store that is closed refuses writes', async () => {
  const store = await open(freshPath());
  await store[Symbol.asyncDispose]();
  assert.equal(await codeOf(store.create('/a', Buffer.from('x'))), 'Unavailable');
});

const KEYS = ['/a/1', '/a/2', '/b/1'] as const;

type Step =
  | { readonly kind: 'create' | 'reopen'; readonly key: string }
  | { readonly kind: 'update' | 'delete'; readonly key: string; readonly off: number }
  | { readonly kind: 'compact'; readonly back: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), key: fc.constantFrom(...KEYS) }),
  fc.record({
    kind: fc.constantFrom('update' as const, 'delete' as const),
    key: fc.constantFrom(...KEYS),
    off: fc.constantFrom(0, 0, 0, 1),
  }),
  fc.record({ kind: fc.constant('compact' as const), back: fc.nat(4) }),
  fc.record({ kind: fc.constant('reopen' as const), key: fc.constant('') }),
);

test('whatever is done, it is as the simple store has it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const path = freshPath();
      let store = await open(path);
      await using model = openMemoryStore();
      try {
        for (const [index, one] of steps.entries()) {
          if (one.kind === 'reopen') {
            await store[Symbol.asyncDispose]();
            store = await open(path);
            continue;
          }
          const act = async (on: Store): Promise<string> => {
            if (one.kind === 'compact')
              return codeOf(on.compact(Math.max(1, (await on.currentRevision()) - one.back)));
            if (!('off' in one)) return codeOf(on.create(one.key, Buffer.from(String(index))));
            const revision = ((await on.get(one.key))?.modRevision ?? 0) + one.off;
            return codeOf(
              one.kind === 'update'
                ? on.update(one.key, Buffer.from(String(index)), revision)
                : on.delete(one.key, revision),
            );
          };
          assert.equal(await act(store), await act(model));
        }
        assert.deepEqual(await stateOf(store), await stateOf(model));
      } finally {
        await store[Symbol.asyncDispose]();
      }
    }),
    { numRuns: 25 },
  );
});

/** Every revision that can be read, and what a watch from each tells. */
async function stateOf(store: Store): Promise<unknown[]> {
  const newest = await store.currentRevision();
  const states: unknown[] = [];
  for (let revision = 1; revision <= newest; revision += 1) {
    const listed = await store.list({ prefix: '/', revision }).then(
      ({ entries }) =>
        entries.map(({ key, value, modRevision, createRevision }) => [
          key,
          Buffer.from(value).toString(),
          modRevision,
          createRevision,
        ]),
      (error: unknown) => (isPeapodError(error) ? error.code : error),
    );
    states.push(listed, await pagesAt(store, revision), await historyFrom(store, revision));
  }
  return states;
}

/** The keys of one revision in pages of two, each with how many come after it. */
async function pagesAt(store: Store, revision: number): Promise<unknown> {
  const pages: unknown[] = [];
  try {
    for (let afterKey: string | undefined; ; ) {
      const from = afterKey === undefined ? {} : { afterKey };
      const { entries, remaining } = await store.list({ prefix: '/', limit: 2, revision, ...from });
      pages.push([...entries.map(({ key, modRevision }) => `${key}@${modRevision}`), remaining]);
      if (remaining === 0) return pages;
      afterKey = entries.at(-1)?.key;
    }
  } catch (error) {
    return isPeapodError(error) ? error.code : error;
  }
}

async function historyFrom(store: Store, afterRevision: number): Promise<unknown> {
  const stop = new AbortController();
  const seen: string[] = [];
  try {
    for await (const event of store.watch({ prefix: '/a/', afterRevision, signal: stop.signal })) {
      if (event.type === 'bookmark') break;
      seen.push(
        event.type === 'put'
          ? `put ${event.entry.key}@${event.entry.modRevision}`
          : `delete ${event.key}@${event.revision}`,
      );
    }
    return seen;
  } catch (error) {
    return isPeapodError(error) ? error.code : error;
  }
}
