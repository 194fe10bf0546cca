/** What a server tells other processes of this machine of itself: a file in its run directory, as long as it runs. */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { type FileLock, tryLockFile } from '../../runtime/linux/lock-file.ts';
import { writeFileAtomic } from '../../runtime/linux/write-file-atomic.ts';
import type { Settings } from '../settings.ts';

export interface RunningServer {
  readonly pid: number;
  /** Empty until it listens. */
  readonly url: string;
  /** Where its pods and images are: the settings of a runtime that works on them. */
  readonly settings: Settings;
}

/** Of the server that runs, or that was killed here last. @param run the server's own run directory */
export function readRunningServer(run: string): RunningServer | undefined {
  try {
    return JSON.parse(readFileSync(join(run, 'server.json'), 'utf8')) as RunningServer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether some process serves with this run directory. */
export function isServing(run: string): boolean {
  using lock = tryLockFile(lockPath(run));
  return lock === undefined;
}

/** The right to be this run directory's server; the kernel takes it back however the process ends. */
export interface Announcement extends AsyncDisposable {
  /** Tells others where it listens. */
  listening(url: string): Promise<void>;
}

/** @throws PeapodError FailedPrecondition when another one runs */
export async function announceServer(settings: Settings): Promise<Announcement> {
  const lock = tryLockFile(lockPath(settings.run));
  if (lock === undefined) throw runsAlready(readRunningServer(settings.run));
  const path = join(settings.run, 'server.json');
  const write = (url: string) =>
    writeFileAtomic(path, JSON.stringify({ pid: process.pid, url, settings } satisfies RunningServer), {
      durable: false,
    });
  await write('');
  return {
    listening: write,
    [Symbol.asyncDispose]: () => withdraw(path, lock),
  };
}

async function withdraw(path: string, lock: FileLock): Promise<void> {
  await rm(path, { force: true });
  lock[Symbol.dispose]();
}

function lockPath(run: string): string {
  return join(run, 'server.lock');
}

export function runsAlready(server: RunningServer | undefined): PeapodError {
  const where = server?.url ? ` at ${server.url}` : '';
  const who = server === undefined ? '' : ` (PID ${server.pid})`;
  return new PeapodError('FailedPrecondition', `a server runs already${where}${who}`, {
    hint: 'peapod serve --stop',
  });
}
