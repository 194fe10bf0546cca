import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runtimePaths } from '../../paths.ts';
import { registerStoreUser, storeUsers } from './store-users.ts';

test('all who share a store know of each other, until one is gone with its state', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'store-users-'));
  try {
    const first = runtimePaths(join(directory, 'first'), join(directory, 'run'));
    const second = runtimePaths(join(directory, 'second'), join(directory, 'run2'), first.images);
    for (const { root } of [first, second]) mkdirSync(root);
    await registerStoreUser(first);
    await registerStoreUser(second);
    await registerStoreUser(second);
    assert.deepEqual(await storeUsers(first), [first.containers, second.containers]);
    assert.deepEqual((await storeUsers(second)).sort(), [first.containers, second.containers]);
    rmSync(second.root, { recursive: true });
    assert.deepEqual(await storeUsers(first), [first.containers]);
    assert.deepEqual(readdirSync(join(first.images, 'users')), []);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
