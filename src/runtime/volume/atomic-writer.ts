/**
 * Writes the files of a volume so that a reader sees all of the old content or all of the new one:
 *
 *     ..2026_01_02_03_04_05.x7Gh2k/    the files
 *     ..data -> ..2026_01_02_…         switched by one rename
 *     key -> ..data/key                what users see
 *
 * Every time, a new directory with an unforeseeable name is filled. Everything is reached from an opened directory without following
 * a symlink: whatever a container may have put in the way, nothing outside the volume is written, read or deleted.
 * @see kubernetes/pkg/volume/util/atomic_writer.go
 */
import { randomBytes } from 'node:crypto';
import { constants, readdirSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { mkdirInRoot, type OpenedFile, openInRoot } from '../linux/open-beneath.ts';
import type { Payload } from './payload/payload.ts';
import { heldPayload, type WrittenFiles, writtenFiles } from './written-files.ts';
import {
  fchmodSync,
  fchownSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from '../linux/files.ts';

const DATA = '..data';
const NEW_DATA = '..data_tmp';
const OURS = /^\.\.\d{4}(_\d\d){5}\.[0-9a-f]+$/;
const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

export interface WriteOptions {
  /** The group that owns the files and may read them; absent: root's. */
  fsGroup: number | undefined;
  /** The time that goes into the directory's name, milliseconds since the epoch. */
  now: number;
}

/** Brings the directory's content up to date; what is as it should be is left alone. Synchronous: the files are few and small. */
export function writeAtomically(directory: string, payload: Payload, options: WriteOptions): void {
  using volume = openInRoot(directory, '.', { flags: DIRECTORY, symlinks: 'none' });
  const files = writtenFiles(payload, options.fsGroup);
  const current = linkTarget(volume, DATA);
  if (current === undefined || !OURS.test(current) || !heldPayload(volume, current, files))
    switchTo(volume, writeNew(volume, files, options));
  linkNames(volume, files);
  removeStale(volume, files);
}

function writeNew(volume: OpenedFile, files: WrittenFiles, { fsGroup, now }: WriteOptions): string {
  const stamp = new Date(now).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '_');
  const name = `..${stamp}.${randomBytes(5).toString('hex')}`;
  mkdirSync(`${volume.path}/${name}`, { mode: 0o755 });
  using root = openInRoot(volume, name, { flags: DIRECTORY, symlinks: 'none' });
  giveDirectory(root, fsGroup);
  for (const parent of parentsOf(files)) {
    using made = mkdirInRoot(root, parent, { mode: 0o755, symlinks: 'none' });
    using opened = openInRoot(made, '.', { flags: DIRECTORY, symlinks: 'none' });
    giveDirectory(opened, fsGroup);
  }
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  for (const [path, { data, mode, uid, gid }] of files) {
    using file = openInRoot(root, path, { flags, mode: 0o600, symlinks: 'none' });
    writeFileSync(file.fd, data);
    fchownSync(file.fd, uid, gid);
    fchmodSync(file.fd, mode);
  }
  return name;
}

/** The pod's group may look into every directory. */
function giveDirectory(directory: OpenedFile, fsGroup: number | undefined): void {
  if (fsGroup !== undefined) fchownSync(directory.fd, 0, fsGroup);
  fchmodSync(directory.fd, fsGroup === undefined ? 0o755 : 0o2755);
}

function switchTo(volume: OpenedFile, name: string): void {
  rmSync(`${volume.path}/${NEW_DATA}`, { force: true, recursive: true });
  symlinkSync(name, `${volume.path}/${NEW_DATA}`);
  try {
    renameSync(`${volume.path}/${NEW_DATA}`, `${volume.path}/${DATA}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
    // Somebody has put a directory in its place.
    rmSync(`${volume.path}/${DATA}`, { recursive: true });
    renameSync(`${volume.path}/${NEW_DATA}`, `${volume.path}/${DATA}`);
  }
}

function linkNames(volume: OpenedFile, files: WrittenFiles): void {
  for (const name of topNames(files)) {
    const target = `${DATA}/${name}`;
    if (linkTarget(volume, name) === target) continue;
    rmSync(`${volume.path}/${name}`, { recursive: true, force: true });
    symlinkSync(target, `${volume.path}/${name}`);
  }
}

/** Takes away what we made and no longer want; a directory that something else is mounted on is not ours. */
function removeStale(volume: OpenedFile, files: WrittenFiles): void {
  const current = linkTarget(volume, DATA);
  const wanted = topNames(files);
  for (const name of readdirSync(volume.path)) {
    const stale = OURS.test(name)
      ? name !== current
      : !wanted.has(name) && linkTarget(volume, name) === `${DATA}/${name}`;
    if (stale) rmSync(`${volume.path}/${name}`, { recursive: true, force: true });
  }
}

function linkTarget(volume: OpenedFile, name: string): string | undefined {
  try {
    return readlinkSync(`${volume.path}/${name}`);
  } catch {
    return undefined;
  }
}

function topNames(files: WrittenFiles): Set<string> {
  return new Set([...files.keys()].map((path) => path.split('/')[0] ?? path));
}

/** All directories that the files need, the outer ones first. */
function parentsOf(files: WrittenFiles): string[] {
  const parents = new Set<string>();
  for (const path of files.keys())
    for (let parent = posix.dirname(path); parent !== '.'; parent = posix.dirname(parent))
      parents.add(parent);
  return [...parents].sort();
}
