import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { PAUSE_PROGRAM } from '../src/runtime/sandbox/infra/pause/pause-program.ts';
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
