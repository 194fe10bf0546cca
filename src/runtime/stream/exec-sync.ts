import type { Readable } from 'node:stream';
import { PeapodError } from '../../model/errors.ts';
import type { ContainerContext } from '../container/container-context.ts';
import type { CallOptions, ExecResult } from '../pod-runtime.ts';
import { startExec } from './exec-session.ts';

const DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/**
 * Runs a command in a container to its end, which is its own process's end: one that it leaves behind with its output does not count.
 * A command that cannot be run ends with 126 or 127, and stderr says why.
 * @param options.maxOutputBytes of each of stdout and stderr; what comes after is dropped
 * @throws PeapodError TimedOut after `timeoutMs`: the command and what it started are killed; NotFound, FailedPrecondition, Invalid
 */
export async function execSync(
  context: ContainerContext,
  containerId: string,
  command: readonly string[],
  options: CallOptions & { timeoutMs?: number; maxOutputBytes?: number } = {},
): Promise<ExecResult> {
  const limit = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
  const request = { command, tty: false, stdin: false };
  await using session = await startExec(context, containerId, request, options);
  const stdout = collectOutput(session.stdout, limit);
  const stderr = collectOutput(session.stderr, limit);
  const over = new AbortController();
  try {
    const exitCode = await Promise.race([
      session.exit,
      timeLimit(context, options.timeoutMs ?? 0, over.signal),
    ]);
    options.signal?.throwIfAborted();
    if (exitCode === undefined) {
      await session.kill();
      throw new PeapodError(
        'TimedOut',
        `command "${command.join(' ')}" timed out after ${options.timeoutMs} ms`,
      );
    }
    const failure = session.failure();
    const said = await Promise.all([stdout, stderr]);
    return { exitCode, stdout: said[0], stderr: failure ? Buffer.from(`${failure.message}\n`) : said[1] };
  } finally {
    over.abort();
  }
}

/** Never, when there is no limit. */
async function timeLimit(
  context: ContainerContext,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<undefined> {
  if (timeoutMs <= 0) return await new Promise(() => {});
  await context.clock.sleep(timeoutMs, { signal }).catch(() => {});
  return undefined;
}

/** Reads to the end and keeps the beginning, so that the command never waits for us. */
async function collectOutput(stream: Readable | undefined, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let left = limit;
  if (!stream) return Buffer.alloc(0);
  return await new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      if (left > 0) chunks.push(chunk.subarray(0, left));
      left -= chunk.length;
    });
    stream.once('close', () => resolve(Buffer.concat(chunks)));
  });
}
