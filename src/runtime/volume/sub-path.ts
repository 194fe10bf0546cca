/**
 * A subPath is resolved once, by the kernel, without leaving its volume; the opened file itself is then bound to a private place, and only
 * that is handed out. Whoever changes the volume afterwards changes nothing about what will be mounted.
 * @see kubernetes/pkg/volume/util/subpath/subpath_linux.go
 */
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { bindMount, mount, MountFlag } from '../linux/mount.ts';
import { mkdirInRoot, type OpenedFile, openInRoot } from '../linux/open-beneath.ts';
import type { Mount } from '../pod-runtime.ts';
import { detach } from './mount-points.ts';
import { badVolume } from './volume-failure.ts';
import { chmodSync, mkdirSync, rmSync } from '../linux/files.ts';

const PERMISSIONS = 0o2777;

/** @returns `place`, at which what the subPath leads to is mounted; a missing one is made a directory */
export function bindSubPath(
  volume: string,
  subPath: string,
  place: string,
  propagation: Mount['propagation'],
): string {
  if (isAbsolute(subPath)) throw badVolume(`error SubPath \`${subPath}\` must not be an absolute path`);
  if (subPath.split('/').includes('..'))
    throw badVolume(`unable to provision SubPath \`${subPath}\`: must not contain '..'`);
  using opened = openOrMake(volume, subPath);
  try {
    bindOpened(opened, place, propagation);
  } catch (error) {
    throw subPathFailure(subPath, error);
  }
  return place;
}

function bindOpened(opened: OpenedFile, place: string, propagation: Mount['propagation']): void {
  detach(place);
  makeTarget(place, fstatSync(opened.fd).isDirectory());
  bindMount(opened.path, place);
  // What is mounted on the host later may come in; what happens here goes out only where that was asked for.
  if (propagation !== 'BIDIRECTIONAL') mount({ source: 'none', target: place, flags: MountFlag.SLAVE });
}

function openOrMake(volume: string, subPath: string): OpenedFile {
  try {
    return openInRoot(volume, subPath, { symlinks: 'beneath' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw subPathFailure(subPath, error);
  }
  try {
    return makeDirectories(volume, subPath);
  } catch (error) {
    throw subPathFailure(subPath, error);
  }
}

/** New directories are as open as their volume, whatever our umask is: they too are the containers'. */
function makeDirectories(volume: string, subPath: string): OpenedFile {
  const mode = statSync(volume).mode & PERMISSIONS;
  const names = subPath.split('/').filter((name) => name !== '' && name !== '.');
  for (let depth = 1; ; depth++) {
    const path = names.slice(0, depth).join('/');
    const present = isThere(volume, path);
    const directory = mkdirInRoot(volume, path, { mode: mode & 0o777, symlinks: 'beneath' });
    if (!present) chmodSync(directory.path, mode);
    if (depth >= names.length) return directory;
    directory[Symbol.dispose]();
  }
}

function isThere(volume: string, path: string): boolean {
  try {
    openInRoot(volume, path, { symlinks: 'beneath' })[Symbol.dispose]();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function subPathFailure(subPath: string, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EXDEV' || code === 'ELOOP') return badVolume(`subPath "${subPath}" leads out of its volume`);
  return code === undefined
    ? (error as Error)
    : badVolume(`subPath "${subPath}" cannot be mounted: ${code}`, error);
}

/** A file is bound on a file, a directory on a directory. */
function makeTarget(place: string, directory: boolean): void {
  const present = statSync(place, { throwIfNoEntry: false });
  if (present !== undefined && present.isDirectory() === directory) return;
  rmSync(place, { recursive: true, force: true });
  mkdirSync(directory ? place : dirname(place), { recursive: true, mode: 0o700 });
  if (!directory) closeSync(openSync(place, 'wx', 0o600));
}
