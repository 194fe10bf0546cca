import { createHash } from 'node:crypto';
import { lstatSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PeapodError } from '../model/errors.ts';
import type { Settings } from './settings.ts';

const TMPFS_MAGIC = 0x01021994;

/**
 * Where secrets lie: in the run directory when that is a tmpfs, else on the machine's `/dev/shm`. Never on a disk.
 * @throws PeapodError Forbidden when somebody else has made the folder, MissingPrerequisite when there is no tmpfs
 */
export function secretFolder({ root, run }: Settings): string {
  if (isTmpfs(run)) return join(run, 'objects', 'secrets');
  if (!isTmpfs('/dev/shm')) {
    throw new PeapodError(
      'MissingPrerequisite',
      `neither ${run} nor /dev/shm is a tmpfs, and secrets must not lie on a disk`,
      {
        hint: 'mount -t tmpfs tmpfs /run',
      },
    );
  }
  const folder = join('/dev/shm', `peapod-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`);
  const present = lstatSync(folder, { throwIfNoEntry: false });
  const mine =
    present === undefined ||
    (present.isDirectory() && present.uid === process.geteuid?.() && (present.mode & 0o077) === 0);
  if (!mine)
    throw new PeapodError('Forbidden', `${folder} belongs to somebody else`, { hint: `rm -r ${folder}` });
  return folder;
}

/** Of the nearest directory that exists. */
function isTmpfs(path: string): boolean {
  try {
    return statfsSync(path).type === TMPFS_MAGIC;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && path !== '/') return isTmpfs(dirname(path));
    throw error;
  }
}
