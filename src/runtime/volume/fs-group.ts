/** Gives a volume to the pod's `fsGroup`. @see kubernetes/pkg/volume/volume_linux.go */
import { closeSync, constants, fstatSync, openSync, readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { O_PATH, openEntry, setOwner } from '../linux/directory-entry.ts';
import { badVolume } from './volume-failure.ts';
import { chmodSync } from '../linux/files.ts';

const GROUP_FILE = 0o660;
const GROUP_DIRECTORY = 0o2770;
const FILE_TYPE = 0o170000;
const SYMLINK = 0o120000;
const PERMISSIONS = 0o7777;
/** As deep as a path can be written in the kernel's 4096 bytes; each level is an open directory. */
const MAX_DEPTH = 2048;
const BATCH = 256;

/**
 * The group owns every file and directory, may read and write them, and new ones get the group. No symlink is followed.
 * @param policy `OnRootMismatch`: nothing is done when the root is as it should be
 */
export async function applyFsGroup(
  path: string,
  fsGroup: number,
  policy: string | undefined,
  signal?: AbortSignal,
): Promise<void> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const root = openSync(path, flags);
  try {
    const { gid, mode } = fstatSync(root);
    if (policy === 'OnRootMismatch' && gid === fsGroup && (mode & GROUP_DIRECTORY) === GROUP_DIRECTORY)
      return;
    const walk: Walk = { fsGroup, signal, visited: 0, path };
    await giveBelow(root, walk, 1);
    // The root comes last: a walk that was cut short is done again.
    give(root, fsGroup);
  } finally {
    closeSync(root);
  }
}

interface Walk {
  fsGroup: number;
  signal: AbortSignal | undefined;
  visited: number;
  path: string;
}

async function giveBelow(directory: number, walk: Walk, depth: number): Promise<void> {
  if (depth > MAX_DEPTH) throw badVolume(`cannot give ${walk.path} to its fsGroup: it is too deep`);
  const entries = readdirSync(`/proc/self/fd/${directory}`, { withFileTypes: true, encoding: 'latin1' });
  for (const entry of entries) {
    if (++walk.visited % BATCH === 0) await setImmediate();
    walk.signal?.throwIfAborted();
    const fd = openWithoutFollowing(directory, entry.name, entry.isDirectory());
    if (fd === undefined) continue;
    try {
      if (entry.isDirectory()) await giveBelow(fd, walk, depth + 1);
      give(fd, walk.fsGroup);
    } finally {
      closeSync(fd);
    }
  }
}

/** What was a directory a moment ago may be a symlink now, or gone. */
function openWithoutFollowing(parent: number, name: string, directory: boolean): number | undefined {
  try {
    return openEntry(parent, name, directory ? constants.O_RDONLY | constants.O_DIRECTORY : O_PATH);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function give(fd: number, fsGroup: number): void {
  const { uid, gid } = fstatSync(fd);
  if (gid !== fsGroup) setOwner(fd, uid, fsGroup);
  // Read anew: the change of owner has taken setuid away, and it shall not come back.
  const stats = fstatSync(fd);
  if ((stats.mode & FILE_TYPE) === SYMLINK) return;
  const mode = (stats.mode & PERMISSIONS) | (stats.isDirectory() ? GROUP_DIRECTORY : GROUP_FILE);
  if ((stats.mode & PERMISSIONS) !== mode) chmodSync(`/proc/self/fd/${fd}`, mode);
}
