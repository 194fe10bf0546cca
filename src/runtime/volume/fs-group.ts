/** Gives a volume to the pod's `fsGroup`. @see kubernetes/pkg/volume/volume_linux.go */
import { fchmodSync, fchownSync, fstatSync, constants, readdirSync } from 'node:fs';
import { type OpenedFile, openInRoot } from '../linux/open-beneath.ts';

const GROUP_FILE = 0o660;
const GROUP_DIRECTORY = 0o2770;

/**
 * The group owns every file and directory, may read and write them, and new ones get the group. No symlink is followed.
 * @param policy `OnRootMismatch`: nothing is done when the root is as it should be
 */
export function applyFsGroup(path: string, fsGroup: number, policy: string | undefined): void {
  using root = openInRoot(path, '.', { flags: constants.O_RDONLY | constants.O_DIRECTORY, symlinks: 'none' });
  const { gid, mode } = fstatSync(root.fd);
  if (policy === 'OnRootMismatch' && gid === fsGroup && (mode & GROUP_DIRECTORY) === GROUP_DIRECTORY) return;
  giveBelow(root, fsGroup);
  // The root comes last: a walk that was cut short is done again.
  give(root, fsGroup);
}

function giveBelow(directory: OpenedFile, fsGroup: number): void {
  for (const entry of readdirSync(directory.path, { withFileTypes: true })) {
    if (!entry.isDirectory() && !entry.isFile()) continue;
    using file = openEntry(directory, entry.name);
    if (file === undefined) continue;
    if (fstatSync(file.fd).isDirectory()) giveBelow(file, fsGroup);
    give(file, fsGroup);
  }
}

/** Opened without following it: what was a file a moment ago may be a symlink now. */
function openEntry(directory: OpenedFile, name: string): OpenedFile | undefined {
  try {
    return openInRoot(directory, name, {
      flags: constants.O_RDONLY | constants.O_NONBLOCK,
      symlinks: 'none',
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP') return undefined;
    throw error;
  }
}

function give(file: OpenedFile, fsGroup: number): void {
  const stats = fstatSync(file.fd);
  const mode = (stats.mode & 0o7777) | (stats.isDirectory() ? GROUP_DIRECTORY : GROUP_FILE);
  if (stats.gid !== fsGroup) fchownSync(file.fd, stats.uid, fsGroup);
  if ((stats.mode & 0o7777) !== mode) fchmodSync(file.fd, mode);
}
