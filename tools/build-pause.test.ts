import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { PAUSE_PROGRAM } from '../src/runtime/sandbox/infra/pause/pause-program.ts';
import {
  encodeCalls,
  readCallsAnswer,
  type SystemCall,
  TELL_DONE,
} from '../src/runtime/sandbox/infra/system-calls.ts';
import { buildPause } from './build-pause.ts';

test('the bytes of pause are those that its sources give, for both architectures', () => {
  assert.equal(PAUSE_PROGRAM.x64, buildPause('x86_64').toString('base64'));
  assert.equal(PAUSE_PROGRAM.arm64, buildPause('aarch64').toString('base64'));
});

test('pause is a whole ELF file of less than 1 KiB', () => {
  for (const program of Object.values(PAUSE_PROGRAM)) {
    const bytes = Buffer.from(program, 'base64');
    assert.equal(bytes.subarray(0, 4).toString('latin1'), '\u007fELF');
    assert.ok(bytes.length < 1024);
  }
});

test('pause makes the system calls that it is given, and then waits; or tells which of them failed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'peapod-pause-'));
  try {
    const file = join(folder, 'pause');
    const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
    writeFileSync(file, Buffer.from(PAUSE_PROGRAM[architecture], 'base64'), { mode: 0o755 });
    const answerTo = async (calls: readonly SystemCall[]) => {
      const child = spawn(file, ['named'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
      (child.stdio[3] as Writable).end(encodeCalls(calls, architecture));
      const [said, [exitCode]] = await Promise.all([buffer(child.stdio[4] as Readable), once(child, 'exit')]);
      return { ...readCallsAnswer(said, calls), exitCode };
    };
    const close: SystemCall[] = [TELL_DONE, ['close', 3], ['close', 4]];
    const made = await answerTo([['chdir', folder], ['split'], ...close]);
    const pid = made.pid ?? 0;
    try {
      assert.deepEqual([made.done, made.exitCode], [true, 0]);
      assert.equal(readlinkSync(`/proc/${pid}/cwd`), folder);
      assert.doesNotMatch(readFileSync(`/proc/${pid}/maps`, 'utf8'), /^10000000-/m, 'the list is given back');
    } finally {
      if (pid > 0) process.kill(pid, 'SIGTERM');
    }
    const failed = await answerTo([['split'], ['chdir', join(folder, 'none')], ...close]);
    assert.deepEqual([failed.done, failed.exitCode], [false, 0], 'the parent has done its part');
    assert.equal(failed.failure, `chdir ${folder}/none: no such file or directory`);
    assert.equal((await answerTo([['chdir', '/none']])).exitCode, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('pause waits, and leaves with exit code 0 on SIGTERM and SIGINT', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'peapod-pause-'));
  try {
    const file = join(folder, 'pause');
    const native = process.arch === 'arm64' ? PAUSE_PROGRAM.arm64 : PAUSE_PROGRAM.x64;
    writeFileSync(file, Buffer.from(native, 'base64'), { mode: 0o755 });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const child = spawn(file, { stdio: 'ignore' });
      await once(child, 'spawn');
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(child.exitCode, null);
      child.kill(signal);
      assert.deepEqual(await once(child, 'exit'), [0, null]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
