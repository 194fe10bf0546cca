import { utimesSync } from 'node:fs';
import { PeapodError } from '../../model/errors.ts';

/** @see https://www.sqlite.org/rescode.html */
const CODES = {
  PERM: 3,
  BUSY: 5,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const;

/** The primary result code of a failure of SQLite. */
export function sqliteCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

/** What a failure of the database means to whoever wants to read or write. */
export function storeError(error: unknown, path: string): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const options = { cause: error };
  switch (sqliteCode(error)) {
    case CODES.CORRUPT:
    case CODES.NOTADB:
      return corrupt(path, message, options);
    case CODES.FULL:
      return new PeapodError('NoSpace', `cannot write to ${path}: the disk is full`, {
        ...options,
        retryable: true,
        hint: 'free some space; nothing is lost, and what was refused can be written again',
      });
    case CODES.READONLY:
    case CODES.PERM:
    case CODES.CANTOPEN:
      return readOnly(path, options);
    case CODES.BUSY:
      return inUse(path, options);
    case CODES.IOERR:
      if (isOnReadOnlyDisk(path)) return readOnly(path, options);
      return new PeapodError('Unavailable', `cannot use ${path}: ${message}`, {
        ...options,
        retryable: true,
        hint: "the kernel's log (dmesg) tells what the disk suffers from",
      });
    default:
      return error;
  }
}

export function corrupt(path: string, what: string, options: { cause?: unknown } = {}): PeapodError {
  return new PeapodError('Corrupt', `${path} is damaged: ${what}`, {
    ...options,
    hint: `stop peapod, put a backup in the place of ${path}, or move it away to begin with nothing`,
  });
}

/** Of a disk that the kernel has made read-only after an error, permissions tell nothing: only to write does. */
function isOnReadOnlyDisk(path: string): boolean {
  try {
    const now = new Date();
    utimesSync(path, now, now);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

export function readOnly(path: string, options: { cause?: unknown } = {}): PeapodError {
  return new PeapodError('ReadOnly', `cannot write to ${path}`, {
    ...options,
    hint: 'make the file and its folder writable for peapod; what became of a disk that had been writable dmesg tells',
  });
}

export function inUse(path: string, options: { cause?: unknown } = {}): PeapodError {
  return new PeapodError('FailedPrecondition', `another process is using ${path}`, {
    ...options,
    hint: 'stop the other peapod server, or give this one a --data-dir of its own',
  });
}
