/** Runs a program whose children stay, and so must not hold a pipe of ours. */
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { PeapodError } from '../../model/errors.ts';
import { basename } from 'node:path';
import { tail } from './run-command.ts';
import { traced } from './trace.ts';

/**
 * @param logFile where the program writes why it failed; removed afterwards
 * @throws PeapodError Unavailable with the end of the log, MissingPrerequisite
 */
export async function runDetachedCommand(
  program: string,
  args: readonly string[],
  options: { logFile: string; timeoutMs: number; signal?: AbortSignal },
): Promise<void> {
  options.signal?.throwIfAborted();
  const child = spawn(program, args, {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: 'ignore',
    detached: true,
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('exit', resolve);
  child.once('error', (cause: NodeJS.ErrnoException) => {
    const missing = cause.code === 'ENOENT';
    reject(
      missing
        ? new PeapodError('MissingPrerequisite', `cannot run ${program}: no such program`, { cause })
        : cause,
    );
  });
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    reject(
      new PeapodError('TimedOut', `${program} did not end within ${options.timeoutMs} ms`, {
        retryable: true,
      }),
    );
  }, options.timeoutMs);
  try {
    const exitCode = await traced(`run ${basename(program)}`, () => promise);
    if (exitCode === 0) return;
    const log = tail(await readFile(options.logFile, 'utf8').catch(() => ''));
    throw new PeapodError('Unavailable', `${program} ended with exit code ${exitCode}: ${log}`);
  } finally {
    clearTimeout(timer);
    await rm(options.logFile, { force: true });
  }
}
