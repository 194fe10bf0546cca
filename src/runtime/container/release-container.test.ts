import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { inject } from '../linux/external-step.ts';
import { readProcessStat } from '../linux/proc.ts';
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
  assert.equal(await writeToFifo(fifo), true);
  await once(waiting, 'close');
  assert.equal(said.trim(), '00');
  assert.equal(existsSync(fifo), false);
});

test('a pipe that nobody waits at was served by somebody who did not live to remove it', async () => {
  execFileSync('mkfifo', [fifo]);
  assert.equal(await writeToFifo(fifo), true);
  assert.equal(existsSync(fifo), false);
});

test('no pipe, or what is none, is left to the runtime itself', async () => {
  assert.equal(await writeToFifo(fifo), false);
  writeFileSync(fifo, 'x');
  assert.equal(await writeToFifo(fifo), false);
  assert.equal(existsSync(fifo), true);
});

/** As crun reads once its pipe was opened and closed: again and again, and an open pipe without a byte is an error. */
const READER = `
const { constants, openSync, readSync } = require('node:fs');
const fd = openSync(process.argv[1], constants.O_RDONLY | constants.O_NONBLOCK);
process.stdout.write('\\n');
const byte = new Uint8Array(1);
let read = 0;
try {
  while (read === 0) read = readSync(fd, byte);
} catch (error) {
  process.stdout.write(error.code);
}
if (read > 0) process.stdout.write('a byte');`;

test('whoever reads again and again, as an earlier start had opened the pipe in vain, gets its byte and never finds it empty', async () => {
  execFileSync('mkfifo', [fifo]);
  const reader = spawn(process.execPath, ['-e', READER, fifo]);
  let said = '';
  reader.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  while (!said.includes('\n')) await delay(5);
  const { pid = 0, startTime = 0 } = readProcessStat(reader.pid ?? 0) ?? {};
  // Whoever reads gets the time to find it open and empty.
  using _ = inject(undefined, (step) => {
    if (step.startsWith('write ')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  });
  assert.equal(await writeToFifo(fifo, { pid, startTime }), true);
  await once(reader, 'close');
  assert.equal(said.trim(), 'a byte');
});
