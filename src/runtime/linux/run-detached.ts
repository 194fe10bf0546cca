/** Runs a program whose children stay, and so must not hold a pipe of ours. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { timeLimit } from './external-step.ts';
import { rm } from './files.ts';
import { sendSignal } from './kill.ts';
import { spawnError, tail } from './run-command.ts';
import { commandLine, type SpawnedProcess, spawnProcess } from './spawn-process.ts';
import { traced } from './trace.ts';

/**
 * @param options.executable what is run under the program's name instead of it
 * @param options.logFile where the program writes why it failed; removed afterwards
 * @throws PeapodError Unavailable with the end of the log, MissingPrerequisite
 */
export async function runDetachedCommand(
  program: string,
  args: readonly string[],
  options: { logFile: string; timeoutMs: number; executable?: string; signal?: AbortSignal },
): Promise<void> {
  options.signal?.throwIfAborted();
  const child = start(program, args, options.executable);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  void child.ended.then(resolve);
  const timer = setTimeout(
    () => {
      sendSignal(-child.pid, 'SIGKILL');
      reject(
        new PeapodError('TimedOut', `${program} did not end within ${options.timeoutMs} ms`, {
          retryable: true,
        }),
      );
    },
    timeLimit('spawn', () => commandLine(program, args), options.timeoutMs),
  );
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

function start(program: string, args: readonly string[], executable: string | undefined): SpawnedProcess {
  try {
    return spawnProcess(program, args, {
      cwd: '/',
      executable,
      env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin' },
      fds: [null, null, null],
    });
  } catch (cause) {
    throw spawnError(program, cause as Error);
  }
}
