/** File locks that the kernel takes back when their process ends, however it does. @see flock(2) */
import { closeSync, constants, fstatSync, openSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { externalStep } from './external-step.ts';
import { mkdirSync, unlinkSync } from './files.ts';
import { foreignFunction, lastErrno, systemError } from './libc.ts';

const flock = foreignFunction('int flock(int fd, int operation)');
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const EINTR = 4;
const EWOULDBLOCK = 11;

/** A held lock. Disposing it gives it back. */
export interface FileLock extends Disposable, AsyncDisposable {
  readonly path: string;
}

export interface LockOptions {
  shared?: boolean;
  /** Removes the file when the lock is given back: for locks with many names. */
  removeFile?: boolean;
}

/** Takes the lock when it is free. The file and its directory are made (0600, 0700) when missing. */
export function tryLockFile(path: string, options: LockOptions = {}): FileLock | undefined {
  const operation = (options.shared === true ? LOCK_SH : LOCK_EX) | LOCK_NB;
  for (;;) {
    const fd = openLockFile(path);
    if (flock(fd, operation) !== 0) {
      const errno = lastErrno();
      closeSync(fd);
      if (errno === EINTR) continue;
      if (errno === EWOULDBLOCK) return undefined;
      throw systemError(errno, 'flock', path);
    }
    if (isStillAt(path, fd)) return heldLock(path, fd, options.removeFile === true);
    closeSync(fd);
  }
}

const LONGEST_WAIT_MS = 50;

/** What this process holds, and those of it that wait for one, the first one first, by path. */
const held = new Set<string>();
const waiting = new Map<string, (() => void)[]>();

/**
 * Waits for the lock: for others of this process until they give it back, in order; for other processes by looking again.
 * @throws the signal's reason when it is aborted first
 */
export async function lockFile(
  path: string,
  options: LockOptions & { signal?: AbortSignal } = {},
): Promise<FileLock> {
  for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    // It is not this one's turn any more.
    if (options.signal?.aborted === true) wakeNext(path);
    options.signal?.throwIfAborted();
    const lock = tryLockFile(path, options);
    if (lock !== undefined) {
      if (options.shared === true) wakeNext(path);
      return lock;
    }
    await givenBack(path, held.has(path) ? LONGEST_WAIT_MS : waitMs);
  }
}

function givenBack(path: string, atMostMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const queue = waiting.get(path) ?? [];
  const wake = () => {
    clearTimeout(timer);
    queue.splice(queue.indexOf(wake), 1);
    if (queue.length === 0) waiting.delete(path);
    resolve();
  };
  const timer = setTimeout(wake, atMostMs);
  queue.push(wake);
  waiting.set(path, queue);
  return promise;
}

function wakeNext(path: string): void {
  waiting.get(path)?.[0]?.();
}

/** Deletes the lock files in a directory that nobody holds: what killed processes left of locks with many names. None there is fine. */
export function removeUnheldLocks(directory: string, isMeant: (name: string) => boolean = () => true): void {
  for (const name of namesIn(directory).filter(isMeant))
    tryLockFile(join(directory, name), { removeFile: true })?.[Symbol.dispose]();
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function openLockFile(path: string): number {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const make = () => openSync(path, flags, 0o600);
  try {
    return externalStep('lock', path, make);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return externalStep('lock', path, make);
  }
}

/** Somebody may have removed the file between our open and our lock: then the lock is worth nothing. */
function isStillAt(path: string, fd: number): boolean {
  const opened = fstatSync(fd);
  const present = statSync(path, { throwIfNoEntry: false });
  return present !== undefined && present.ino === opened.ino && present.dev === opened.dev;
}

function heldLock(path: string, fd: number, removeFile: boolean): FileLock {
  let isHeld = true;
  held.add(path);
  const release = () => {
    if (!isHeld) return;
    isHeld = false;
    held.delete(path);
    try {
      if (removeFile) unlinkSync(path);
    } catch {
      // The lock is what matters; its file is removed at the next start.
    } finally {
      closeSync(fd);
      wakeNext(path);
    }
  };
  return { path, [Symbol.dispose]: release, [Symbol.asyncDispose]: async () => release() };
}
