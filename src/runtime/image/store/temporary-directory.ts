import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { lockFile, removeUnheldLocks, tryLockFile } from '../../linux/lock-file.ts';
import { removeTorn } from '../../linux/write-file-atomic.ts';
import { LAYER_LOCK, namesIn, type StoreFiles } from './store-files.ts';
import { mkdir, rm } from '../../linux/files.ts';

const LOCK_SUFFIX = '.lock';

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

/** A directory that goes away with its scope. A lock beside it tells it from what a crash left. */
export async function makeTemporaryDirectory(files: StoreFiles): Promise<TemporaryDirectory> {
  const path = join(files.tmp, randomUUID());
  const held = await lockFile(`${path}${LOCK_SUFFIX}`, { removeFile: true });
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    held[Symbol.dispose]();
    throw error;
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      try {
        await rm(path, { recursive: true, force: true });
      } finally {
        held[Symbol.dispose]();
      }
    },
  };
}

/** Deletes what crashed processes left behind: half-unpacked layers, half-written files, locks of layers. What is in use stays. */
export async function collectTemporaries(files: StoreFiles): Promise<void> {
  const works = new Set((await namesIn(files.tmp)).map((name) => name.replace(/\.lock$/, '')));
  for (const work of works) {
    const path = join(files.tmp, work);
    using held = tryLockFile(`${path}${LOCK_SUFFIX}`, { removeFile: true });
    if (held !== undefined) await rm(path, { recursive: true, force: true });
  }
  for (const directory of [files.blobs, files.images, files.names]) await removeTorn(directory);
  removeUnheldLocks(files.locks, (name) => name.startsWith(LAYER_LOCK));
}
