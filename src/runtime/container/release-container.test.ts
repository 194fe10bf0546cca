import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { writeToFifo } from './release-container.ts';

let directory: string;
let fifo: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'release-'));
  fifo = join(directory, 'exec.fifo');
});
afterEach(() => rmSync(directory, { recursive: true }));

test('whoever waits at the pipe goes on, and the pipe is gone', async () => {
  execFileSync('mkfifo', [fifo]);
  const waiting = spawn('sh', ['-c', 'exec 3<>"$1"; echo; head -c 1 <&3 | od -An -tx1', 'sh', fifo]);
  let said = '';
  waiting.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  while (!said.includes('\n')) await delay(5);
  assert.equal(writeToFifo(fifo), true);
  await once(waiting, 'close');
  assert.equal(said.trim(), '00');
  assert.equal(existsSync(fifo), false);
});

test('a pipe that nobody waits at was served by somebody who did not live to remove it', () => {
  execFileSync('mkfifo', [fifo]);
  assert.equal(writeToFifo(fifo), true);
  assert.equal(existsSync(fifo), false);
});

test('no pipe, or what is none, is left to the runtime itself', () => {
  assert.equal(writeToFifo(fifo), false);
  writeFileSync(fifo, 'x');
  assert.equal(writeToFifo(fifo), false);
  assert.equal(existsSync(fifo), true);
});
