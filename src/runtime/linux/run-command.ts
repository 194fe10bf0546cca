/** Runs a program to its end. */
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { timeLimit } from './external-step.ts';
import { sendSignal } from './kill.ts';
import { makePipe } from './pipe.ts';
import { commandLine, type SpawnedProcess, spawnProcess } from './spawn-process.ts';
import { traced } from './trace.ts';

export interface CommandOptions {
  /** The whole environment; nothing is inherited. PATH is our own unless given. */
  env?: Record<string, string>;
  cwd?: string;
  /** What is run under the program's name instead of it. */
  executable?: string;
  input?: string | Uint8Array;
  /** After this the process group is killed; 0 waits for ever. */
  timeoutMs?: number;
  /** Of each of stdout and stderr; what comes after is read and dropped. */
  maxOutputBytes?: number;
  signal?: AbortSignal;
}

export interface CommandResult {
  /** 128 + n after signal n. */
  exitCode: number;
  stdout: Buffer;
  stderr: Buffer;
}

const DEFAULT_MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
/** How long output may still come after the program has ended: a child of it may hold the pipe for ever. */
const DRAIN_MS = 100;

/**
 * Ends when the program's own process has ended, whoever still holds its output.
 * @throws PeapodError MissingPrerequisite when there is no such program, TimedOut
 * @throws the signal's reason when it is aborted; the process group is then killed
 */
export function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return traced(`run ${basename(program)}`, () => run(program, args, options));
}

async function run(
  program: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  options.signal?.throwIfAborted();
  const child = start(program, args, options);
  const stdout = new CappedOutput(options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES);
  const stderr = new CappedOutput(options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES);
  child.stdout.on('data', (chunk: Buffer) => stdout.add(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));

  const ended = Promise.withResolvers<number>();
  const closed = Promise.all([child.stdout, child.stderr].map((stream) => once(stream, 'close')));
  closed.catch(() => {});
  const fail = (reason: unknown) => {
    killGroup(child.pid);
    ended.reject(reason);
  };
  const timeoutMs = options.timeoutMs ?? 0;
  const timer =
    timeoutMs > 0
      ? setTimeout(
          () =>
            fail(
              new PeapodError('TimedOut', `${program} did not end within ${timeoutMs} ms`, {
                retryable: true,
              }),
            ),
          timeLimit('spawn', () => commandLine(program, args, options.env), timeoutMs),
        )
      : undefined;
  const onAbort = () => fail(options.signal?.reason);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  void child.ended.then(ended.resolve);
  try {
    const exitCode = await ended.promise;
    await drained(closed);
    return { exitCode, stdout: stdout.take(), stderr: stderr.take() };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
    for (const stream of child.streams) stream.destroy();
  }
}

interface Started extends SpawnedProcess {
  readonly stdout: Socket;
  readonly stderr: Socket;
  readonly streams: readonly Socket[];
}

function start(
  program: string,
  args: readonly string[],
  { env, cwd, input, executable }: CommandOptions,
): Started {
  const [out, error] = [makePipe(), makePipe()];
  const given = input === undefined ? undefined : makePipe();
  try {
    const spawned = spawnProcess(program, args, {
      cwd: cwd ?? '/',
      executable,
      env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
      fds: [given?.read ?? null, out.write, error.write],
    });
    const stdout = new Socket({ fd: out.read, readable: true, writable: false });
    const stderr = new Socket({ fd: error.read, readable: true, writable: false });
    const stdin = given && new Socket({ fd: given.write, readable: false, writable: true });
    for (const stream of [stdout, stderr, stdin]) stream?.on('error', () => {});
    stdin?.end(input ?? '');
    return { ...spawned, stdout, stderr, streams: [stdout, stderr, ...(stdin ? [stdin] : [])] };
  } catch (cause) {
    for (const pipe of [out.read, error.read, given?.write]) if (pipe !== undefined) closeSync(pipe);
    throw spawnError(program, cause as Error);
  } finally {
    for (const pipe of [out.write, error.write, given?.read]) if (pipe !== undefined) closeSync(pipe);
  }
}

/**
 * The same, for a program whose failure is an error.
 * @returns what it wrote on stdout
 * @throws PeapodError Unavailable with the end of what it wrote on stderr
 */
export async function mustRun(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(program, args, options);
  if (exitCode === 0) return stdout.toString('utf8');
  const said = tail(stderr.toString('utf8'));
  throw new PeapodError(
    'Unavailable',
    `${program} ${args[0] ?? ''} ended with exit code ${exitCode}${said === '' ? '' : `: ${said}`}`,
  );
}

/** The last lines of what a program wrote, for a message. */
export function tail(text: string, maxCharacters = 1000): string {
  const trimmed = text.trim();
  return trimmed.length <= maxCharacters ? trimmed : `…${trimmed.slice(-maxCharacters)}`;
}

export function spawnError(program: string, cause: Error): Error {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') return cause;
  return new PeapodError('MissingPrerequisite', `cannot run ${program}: no such program`, {
    cause,
    hint: 'peapod system doctor',
  });
}

function killGroup(pid: number): void {
  try {
    sendSignal(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

async function drained(closed: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, DRAIN_MS);
  await Promise.race([closed, promise]);
  clearTimeout(timer);
}

class CappedOutput {
  readonly #chunks: Buffer[] = [];
  #left: number;

  constructor(maxBytes: number) {
    this.#left = maxBytes;
  }

  add(chunk: Buffer): void {
    if (this.#left <= 0) return;
    const part = chunk.subarray(0, this.#left);
    this.#left -= part.length;
    this.#chunks.push(part);
  }

  take(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
