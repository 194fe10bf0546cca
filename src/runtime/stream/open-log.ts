import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { PeapodError } from '../../model/errors.ts';

/**
 * Opens a log file for reading, provided that it really lies below the log directory: what was opened is compared with what
 * was asked for, so that neither `..` nor a symlink planted in between leads elsewhere.
 * @returns nothing when there is no such file
 * @throws PeapodError Forbidden
 */
export async function openLog(directory: string, path: string): Promise<FileHandle | undefined> {
  const below = relative(directory, path);
  if (below === '' || below === '..' || below.startsWith('../')) {
    throw new PeapodError('Forbidden', `cannot read log "${path}": it is not below ${directory}`);
  }
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (hasCode(error, 'ELOOP'))
      throw new PeapodError('Forbidden', `cannot read log "${path}": it is a symlink`, { cause: error });
    throw error;
  }
  try {
    const opened = await readlink(`/proc/self/fd/${file.fd}`);
    const expected = join(await realpath(directory), below);
    const renamedMeanwhile = opened.startsWith(`${expected}.`) || opened === `${expected} (deleted)`;
    if (opened !== expected && !renamedMeanwhile) {
      throw new PeapodError('Forbidden', `cannot read log "${path}": a symlink leads to ${opened}`);
    }
    if (!(await file.stat()).isFile())
      throw new PeapodError('Forbidden', `cannot read log "${path}": it is no regular file`);
  } catch (error) {
    await file.close();
    throw error;
  }
  return file;
}

export async function isSameFile(a: FileHandle, b: FileHandle): Promise<boolean> {
  const [first, second] = await Promise.all([a.stat(), b.stat()]);
  return first.ino === second.ino && first.dev === second.dev;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
