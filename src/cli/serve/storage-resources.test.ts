import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { allocatableBytes, readHugePages, storageResources } from './storage-resources.ts';

test('a tenth of the disk is kept from pods', () => {
  assert.equal(allocatableBytes(1000n), 900n);
  assert.equal(allocatableBytes(1005n), 905n);
});

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

test('this machine has a disk of which pods get less than all', async () => {
  const { capacity, allocatable } = await storageResources('/');
  const kib = Number(/^(\d+)Ki$/.exec(capacity['ephemeral-storage'] ?? '')?.[1]);
  assert.ok(kib > 0);
  assert.ok(Number(allocatable['ephemeral-storage']) < kib * 1024);
});
