import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runtimePaths } from '../../runtime/paths.ts';
import { nodeFiles } from './node-files.ts';

test('a file that is as it should be stays the same file, which a container may be about to mount', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'peapod-node-files-'));
  try {
    const files = nodeFiles(runtimePaths(directory, directory));
    const path = files.etcHostsPath('uid');
    const inode = () => statSync(path).ino;
    await files.write(path, 'one', { mode: 0o644 });
    const first = inode();
    await Promise.all([1, 2, 3].map(() => files.write(path, 'one', { mode: 0o644 })));
    assert.equal(inode(), first);

    await files.write(path, 'two', { mode: 0o644 });
    assert.equal(readFileSync(path, 'utf8'), 'two');
    chmodSync(path, 0o600);
    await files.write(path, 'two', { mode: 0o644 });
    assert.equal(statSync(path).mode & 0o777, 0o644);
    writeFileSync(path, 'tw');
    await files.write(path, 'two', { mode: 0o644 });
    assert.equal(readFileSync(path, 'utf8'), 'two');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
