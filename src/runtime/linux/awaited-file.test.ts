import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { AwaitedFile } from './awaited-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'peapod-awaited-'));
after(() => rmSync(folder, { recursive: true }));

const cat = (path: string) => promisify(execFile)('cat', [path]);

test('whoever waits at the pipe gets the content, and whoever comes later finds the file', async () => {
  const path = join(folder, 'early');
  using file = new AwaitedFile(path);
  assert.ok(statSync(path).isFIFO());
  const waiting = cat(path);
  await delay(100);
  assert.equal(await file.give('{"a":1}'), true);
  assert.equal((await waiting).stdout, '{"a":1}');
  assert.ok(statSync(path).isFile());
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(path, 'utf8'), '{"a":1}');
});

test('one that comes only after the content needs no pipe', async () => {
  const path = join(folder, 'late');
  using file = new AwaitedFile(path);
  assert.equal(await file.give('content'), true);
  assert.equal((await cat(path)).stdout, 'content');
});

test('what the pipe does not take at once is in the file, and the reader is told to be useless', async () => {
  const path = join(folder, 'long');
  const content = 'x'.repeat(2 ** 20);
  using file = new AwaitedFile(path);
  assert.equal(await file.give(content), false);
  assert.equal(readFileSync(path, 'utf8'), content);
});

test('without content the reader reads nothing, and a second pipe is not made over it', async () => {
  const path = join(folder, 'none');
  const file = new AwaitedFile(path);
  const waiting = cat(path);
  await delay(100);
  assert.throws(() => new AwaitedFile(path), { code: 'EEXIST' });
  file[Symbol.dispose]();
  assert.equal((await waiting).stdout, '');
});
