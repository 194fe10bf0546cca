/** The store under `kill -9`: what was acknowledged is there, revisions go on, and who watches misses and repeats nothing. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import { REAL_CLOCK } from '../../src/store/testing/real-clock.ts';

const WRITER = join(import.meta.dirname, 'support/crash-store.ts');
const KILLS = 100;

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peapod-store-crash-'));
});
after(() => rm(directory, { recursive: true }));

interface Writer {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly ended: Promise<unknown>;
}

/** A process that writes as soon as its standard input ends. To start one takes longer than all else. */
function startWriter(path: string): Writer {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(directory, 'compiled') };
  const child = spawn(process.execPath, [WRITER, path], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  return { child, ended: once(child, 'close') };
}

/** Lets the process write until it is killed at some instant. @returns revisions by key, as they were acknowledged */
async function writeUntilKilled({ child, ended }: Writer): Promise<Map<string, number>> {
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stdin.end();
  await once(child.stdout, 'data');
  await sleep(Math.random() * 40);
  child.kill('SIGKILL');
  await ended;
  const lines = output.split('\n').slice(0, -1);
  return new Map(lines.map((line) => [line.split(' ')[1] ?? '', Number(line.split(' ')[0])]));
}

test(`killed ${KILLS} times while it is written, the store loses nothing`, async () => {
  const path = join(directory, 'state.db');
  const acknowledged = new Map<string, number>();
  let seenUpTo = 1;
  const waiting = [startWriter(path), startWriter(path)];
  for (let round = 0; round < KILLS; round += 1) {
    const [writer = startWriter(path)] = waiting.splice(0, 1);
    if (round + waiting.length + 1 < KILLS) waiting.push(startWriter(path));
    const written = await writeUntilKilled(writer);
    assert.ok(written.size > 0);
    for (const [key, revision] of written) acknowledged.set(key, revision);
    await using store = await openSqliteStore({ path, clock: REAL_CLOCK, historyMs: 3_600_000 });
    const newest = await store.currentRevision();
    assert.ok(newest >= Math.max(...written.values()), 'revisions never go back');
    for (const [key, revision] of written) assert.equal((await store.get(key))?.modRevision, revision, key);
    // The watcher goes on where it was: each revision since then comes, once.
    for await (const event of store.watch({
      prefix: '/',
      afterRevision: seenUpTo,
      signal: new AbortController().signal,
    })) {
      if (event.type === 'bookmark') break;
      assert.ok(event.type === 'put');
      assert.equal(event.entry.modRevision, seenUpTo + 1);
      seenUpTo += 1;
    }
    assert.equal(seenUpTo, newest);
  }
  await using store = await openSqliteStore({ path, clock: REAL_CLOCK });
  for (const [key, revision] of acknowledged)
    assert.equal((await store.get(key))?.modRevision, revision, key);
});
