import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { lockFile, tryLockFile } from '../../linux/lock-file.ts';
import { namesIn, type StoreFiles } from './store-files.ts';
import { mkdir, rm } from '../../linux/files.ts';

const LOCK_SUFFIX = '.lock';

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

/** A directory that goes away with its scope. A lock beside it tells it from what a crash left. */
export async function makeTemporaryDirectory(files: StoreFiles): Promise<TemporaryDirectory> {
  const path = join(files.tmp, randomUUID());
  const held = await lockFile(`${path}${LOCK_SUFFIX}`, { removeFile: true });
  await mkdir(path, { mode: 0o700 });
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

/** Deletes what crashed processes left behind; what is in use stays. */
export async function collectTemporaries(files: StoreFiles): Promise<void> {
  const works = new Set((await namesIn(files.tmp)).map((name) => name.replace(/\.lock$/, '')));
  for (const work of works) {
    const path = join(files.tmp, work);
    using held = tryLockFile(`${path}${LOCK_SUFFIX}`, { removeFile: true });
    if (held !== undefined) await rm(path, { recursive: true, force: true });
  }
}
