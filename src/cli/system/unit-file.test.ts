import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { unitFile } from './unit-file.ts';

const UNIT = unitFile({
  command: ['/bin/true', '--root', '/a b/$HOME "x" 100%', 'serve'],
  environment: { PEAPOD_NODE: '/opt/my node' },
});

test('what systemd must not read into the words is quoted', () => {
  assert.match(UNIT, /^ExecStart=\/bin\/true --root "\/a b\/\$\$HOME \\"x\\" 100%%" serve$/m);
  assert.match(UNIT, /^Environment="PEAPOD_NODE=\/opt\/my node"$/m);
});

test('only the server is ended with the service, and it tells when it is ready', () => {
  for (const line of ['KillMode=process', 'Delegate=yes', 'Type=notify', 'Restart=always'])
    assert.ok(UNIT.split('\n').includes(line), line);
});

test('systemd finds nothing to complain about', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'unit-'));
  try {
    const path = join(directory, 'peapod.service');
    await writeFile(path, UNIT);
    const { status, stderr, error } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    assert.equal(error, undefined, 'systemd-analyze is not installed: tools/setup');
    const own = stderr.split('\n').filter((line) => line.includes('peapod'));
    assert.deepEqual({ status, own }, { status: 0, own: [] });
  } finally {
    await rm(directory, { recursive: true });
  }
});
