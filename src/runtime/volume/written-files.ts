import { constants, fstatSync, readdirSync, readFileSync } from 'node:fs';
import { type OpenedFile, openInRoot } from '../linux/open-beneath.ts';
import type { Payload } from './payload/payload.ts';

/** Files as they are to be in a volume, by path relative to it. */
export type WrittenFiles = ReadonlyMap<string, { data: Buffer; mode: number; uid: number; gid: number }>;

/** What the pod's group may read is a file's group's; it reads whatever the owner may. */
const GROUP_READ = 0o440;
const PERMISSIONS = 0o7777;

export function writtenFiles(payload: Payload, fsGroup: number | undefined): WrittenFiles {
  return new Map(
    [...payload].map(([path, { data, mode, uid = 0 }]) => [
      path,
      fsGroup === undefined
        ? { data, mode, uid, gid: 0 }
        : { data, mode: mode | GROUP_READ, uid, gid: fsGroup },
    ]),
  );
}

/** Whether the directory `name` of the volume holds just these files. */
export function heldPayload(volume: OpenedFile, name: string, files: WrittenFiles): boolean {
  try {
    using root = openInRoot(volume, name, {
      flags: constants.O_RDONLY | constants.O_DIRECTORY,
      symlinks: 'none',
    });
    return countFiles(root.path) === files.size && [...files].every((file) => holds(root, ...file));
  } catch {
    // Whatever is wrong with it, it is written anew.
    return false;
  }
}

function holds(
  root: OpenedFile,
  path: string,
  { data, mode, uid, gid }: { data: Buffer; mode: number; uid: number; gid: number },
): boolean {
  using file = openInRoot(root, path, {
    flags: constants.O_RDONLY | constants.O_NONBLOCK,
    symlinks: 'none',
  });
  const stats = fstatSync(file.fd);
  if (!stats.isFile() || stats.size !== data.length || (stats.mode & PERMISSIONS) !== mode) return false;
  return stats.uid === uid && stats.gid === gid && readFileSync(file.fd).equals(data);
}

function countFiles(root: string): number {
  return readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())
    .length;
}
