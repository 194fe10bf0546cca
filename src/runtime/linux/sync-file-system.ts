import { close, open } from 'node:fs';
import { promisify } from 'node:util';
import { externalStep } from './external-step.ts';
import { checkedAside, foreignFunction } from './libc.ts';

const syncfs = foreignFunction('int syncfs(int fd)');
const openFile = promisify(open);
const closeFile = promisify(close);

/** Resolves when everything written so far to the file system that holds `path` lies on the disk. Blocks no other work. */
export async function syncFileSystem(path: string): Promise<void> {
  const fd = await openFile(path, 'r');
  try {
    await externalStep('sync', path, async () => {
      await checkedAside(syncfs, [fd], 'syncfs', `of ${path}`);
    });
  } finally {
    await closeFile(fd);
  }
}
