/**
 * A subPath is resolved once, by the kernel, without leaving its volume; the opened file itself is then bound to a private place, and only
 * that is handed out. Whoever changes the volume afterwards changes nothing about what will be mounted.
 */
import { constants, fstatSync, mkdirSync, openSync, closeSync, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { bindMount, umountAll } from '../linux/mount.ts';
import { mkdirInRoot, type OpenedFile, openInRoot } from '../linux/open-beneath.ts';
import { badVolume } from './volume-failure.ts';

/** @returns `place`, at which what the subPath leads to is mounted; a missing one is made a directory */
export function bindSubPath(volume: string, subPath: string, place: string): string {
  if (isAbsolute(subPath) || subPath.split('/').includes('..')) {
    throw badVolume(`subPath "${subPath}" must be relative and must not contain ".."`);
  }
  using opened = openOrMake(volume, subPath);
  umountAll(place);
  makeTarget(place, fstatSync(opened.fd).isDirectory());
  bindMount(opened.path, place, { recursive: true });
  return place;
}

function openOrMake(volume: string, subPath: string): OpenedFile {
  try {
    return openInRoot(volume, subPath, { symlinks: 'beneath' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw leavesVolume(subPath, error);
  }
  try {
    return mkdirInRoot(volume, subPath, { mode: statSync(volume).mode & 0o777, symlinks: 'beneath' });
  } catch (error) {
    throw leavesVolume(subPath, error);
  }
}

function leavesVolume(subPath: string, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EXDEV' || code === 'ELOOP') return badVolume(`subPath "${subPath}" leads out of its volume`);
  return error as Error;
}

function makeTarget(place: string, directory: boolean): void {
  const present = statSync(place, { throwIfNoEntry: false });
  if (present !== undefined && present.isDirectory() === directory) return;
  mkdirSync(directory ? place : dirname(place), { recursive: true, mode: 0o700 });
  if (!directory)
    closeSync(openSync(place, constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600));
}
