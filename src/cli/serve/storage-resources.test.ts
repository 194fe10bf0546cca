import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHugePages, storageResources } from './storage-resources.ts';

test('huge pages are named by their size, and counted in bytes', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'hugepages-'));
  try {
    for (const [name, count] of [
      ['hugepages-1048576kB', 0],
      ['hugepages-2048kB', 3],
      ['hugepages-64kB', 1],
    ] as const) {
      await mkdir(join(directory, name));
      await writeFile(join(directory, name, 'nr_hugepages'), `${count}\n`);
    }
    const pages = { 'hugepages-1Gi': '0', 'hugepages-2Mi': '6Mi', 'hugepages-64Ki': '64Ki' };
    assert.deepEqual(await readHugePages(directory), pages);
    assert.deepEqual(await readHugePages(join(directory, 'none')), {});
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('this machine has a disk', async () => {
  const capacity = await storageResources('/');
  assert.ok(Number(/^(\d+)Ki$/.exec(capacity['ephemeral-storage'] ?? '')?.[1]) > 0);
});
