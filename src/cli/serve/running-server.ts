/** What a server tells other processes of this machine of itself: a file in its run directory, as long as it runs. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { type FileLock, tryLockFile } from '../../runtime/linux/lock-file.ts';
import { writeFileAtomic } from '../../runtime/linux/write-file-atomic.ts';
import type { Settings } from '../settings.ts';
import { readRunningServer, type RunningServer } from './read-server.ts';

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
export async function announceServer(settings: Settings, runtimeEndpoint?: string): Promise<Announcement> {
  const lock = tryLockFile(lockPath(settings.run));
  if (lock === undefined) throw runsAlready(readRunningServer(settings.run));
  const path = join(settings.run, 'server.json');
  const write = (url: string) =>
    writeFileAtomic(
      path,
      JSON.stringify({
        pid: process.pid,
        url,
        settings,
        ...(runtimeEndpoint === undefined ? {} : { runtimeEndpoint }),
      } satisfies RunningServer),
      {
        durable: false,
      },
    );
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
