/**
 * Deletes a tree that a hostile program may have filled, and may still be changing: symlinks are deleted and never followed, another file
 * system is never entered, names need not be UTF-8, and however deep the tree is, few directories are open at a time.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { openEntry, removeEntry } from '../linux/directory-entry.ts';
import { renameSync } from '../linux/files.ts';

/** What lies deeper is moved up to the tree's root, and deleted from there. */
const MAX_DEPTH = 64;
/** After so many entries others get their turn. */
const BATCH = 512;

interface Level {
  fd: number;
  name: string;
  entries: { name: string; directory: boolean }[];
}

/** Gone is fine. @throws Error when another file system is mounted within, with what lies there untouched */
export async function removeTree(path: string): Promise<void> {
  const parent = openParent(path);
  if (parent === undefined) return;
  const levels: Level[] = [];
  try {
    const root = openLevel(parent, Buffer.from(basename(path)).toString('latin1'));
    if (root === undefined) return;
    levels.push(root);
    const { dev } = fstatSync(root.fd);
    for (let steps = 1; levels.length > 0; steps++) {
      removeNext(levels, parent, dev, path);
      if (steps % BATCH === 0) await setImmediate();
    }
  } finally {
    for (const { fd } of levels) closeSync(fd);
    closeSync(parent);
  }
}

function removeNext(levels: Level[], parent: number, device: number, path: string): void {
  const level = levels.at(-1);
  const root = levels[0];
  if (level === undefined || root === undefined) return;
  const entry = level.entries.pop();
  if (entry === undefined) {
    levels.pop();
    closeSync(level.fd);
    ignoreMissing(() => removeEntry(levels.at(-1)?.fd ?? parent, level.name, 'directory'));
  } else if (!entry.directory) {
    ignoreMissing(() => removeEntry(level.fd, entry.name, 'other'));
  } else if (levels.length >= MAX_DEPTH) {
    const name = `..removed.${process.hrtime.bigint()}`;
    renameSync(pathOf(level.fd, entry.name), pathOf(root.fd, name));
    root.entries.push({ name, directory: true });
  } else {
    const below = openLevel(level.fd, entry.name);
    if (below === undefined) return;
    levels.push(below);
    if (fstatSync(below.fd).dev !== device)
      throw new Error(`cannot delete ${path}: another file system is mounted within it`);
  }
}

/** @returns nothing when it is gone; what has become something else than a directory is removed at once */
function openLevel(directory: number, name: string): Level | undefined {
  let fd: number;
  try {
    fd = openEntry(directory, name, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
    ignoreMissing(() => removeEntry(directory, name, 'other'));
    return undefined;
  }
  const entries = readdirSync(`/proc/self/fd/${fd}`, { withFileTypes: true, encoding: 'latin1' });
  return { fd, name, entries: entries.map((e) => ({ name: e.name, directory: e.isDirectory() })) };
}

function openParent(path: string): number | undefined {
  try {
    return openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function pathOf(directory: number, name: string): Buffer {
  return Buffer.from(`/proc/self/fd/${directory}/${name}`, 'latin1');
}

function ignoreMissing(remove: () => void): void {
  try {
    remove();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
