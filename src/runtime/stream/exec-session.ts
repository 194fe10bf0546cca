import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { ContainerContext } from '../container/container-context.ts';
import type { CallOptions, ExecRequest, StreamSession, TerminalSize } from '../pod-runtime.ts';
import { readProcessStat } from '../linux/proc.ts';
import { type SpawnedProcess, spawnProcess } from '../linux/spawn-process.ts';
import { executableOf } from '../oci/executable-of.ts';
import { DrainingOutput } from './draining-output.ts';
import { prepareExec } from './exec-bundle.ts';
import { type ExecFailure, execFailure } from './exec-failure.ts';
import { type ExecStreams, openPipes, openTerminal } from './exec-streams.ts';
import { killTree } from '../linux/kill-tree.ts';
import { releaseRuntime } from './release-runtime.ts';
import { resizeTerminalOf } from './resize-terminal.ts';

const ERROR_HEAD_BYTES = 4096;
/** How often it is looked whether a command has ended whose runtime has not. */
const LOOK_MS = 200;
/** How often it is looked whether a command has its terminal yet. */
const RESIZE_MS = 20;

export interface ExecSession extends StreamSession {
  /** Set, once `exit` is known, when the command could not be run at all. */
  readonly failure: () => ExecFailure | undefined;
  /** Ends the command and all that it started. */
  kill(): Promise<void>;
}

/**
 * Runs a command in a container with its streams. The exit code is 127 when there is no such command, 126 when it cannot be
 * executed, 128 + n after signal n. Disposing the session, or an abort, kills what still runs.
 * @throws PeapodError NotFound, FailedPrecondition, Invalid
 */
export async function startExec(
  context: ContainerContext,
  containerId: string,
  request: ExecRequest,
  options: CallOptions = {},
): Promise<ExecSession> {
  options.signal?.throwIfAborted();
  const bundle = await prepareExec(context, containerId, request);
  let streams: ExecStreams | undefined;
  const ended = new AbortController();
  let child: SpawnedProcess;
  try {
    streams = request.tty ? openTerminal(request.stdin, request.size) : openPipes(request.stdin);
    child = spawnProcess(bundle.program, bundle.args, {
      fds: streams.childFds,
      env: { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin' },
      cwd: '/',
      executable: executableOf(bundle.program),
    });
    void child.ended.then(() => ended.abort());
  } catch (error) {
    streams?.destroy();
    await bundle[Symbol.asyncDispose]();
    throw error;
  } finally {
    streams?.closeChildEnds();
  }
  const stdout = new DrainingOutput(streams.stdout);
  const stderr = streams.stderr && new DrainingOutput(streams.stderr);
  const errorHead = headOf(streams.stderr ?? streams.stdout);
  let failure: ExecFailure | undefined;

  const kill = async () => {
    const pid = await execPid(bundle.pidFile);
    if (pid > 0) killTree(pid);
    if (!ended.signal.aborted) killTree(child.pid);
  };
  const lookAfter = async (): Promise<void> => {
    let startTime: number | undefined;
    while (!ended.signal.aborted) {
      await context.clock.sleep(LOOK_MS, { signal: ended.signal }).catch(() => {});
      const pid = await execPid(bundle.pidFile);
      if (pid === 0 || ended.signal.aborted) continue;
      const stat = readProcessStat(pid);
      startTime ??= stat?.startTime;
      if (stat !== undefined && stat.state !== 'Z' && stat.startTime === startTime) continue;
      await drained(stdout, stderr);
      if (!ended.signal.aborted) releaseRuntime(child.pid);
    }
  };
  let wantedSize: TerminalSize | undefined;
  // A client tells its size before the command has its terminal.
  const applySize = async (): Promise<void> => {
    while (!ended.signal.aborted && wantedSize !== undefined) {
      const pid = await execPid(bundle.pidFile);
      if (pid > 0) {
        resizeTerminalOf(pid, wantedSize);
        wantedSize = undefined;
      } else await context.clock.sleep(RESIZE_MS, { signal: ended.signal }).catch(() => {});
    }
  };
  const finish = async (): Promise<number> => {
    // A terminal ends with its session.
    if (!request.tty) void lookAfter();
    const code = await child.ended;
    const ran = (await execPid(bundle.pidFile)) > 0;
    if (!ran) {
      await drained(stdout, stderr);
      failure = execFailure(errorHead(), request.command);
    }
    stdout.finish();
    stderr?.finish();
    await bundle[Symbol.asyncDispose]();
    return failure?.exitCode ?? code;
  };
  const exit = finish();
  exit.catch(() => {});
  const onAbort = () => void kill().catch(() => {});
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const stopListening = () => options.signal?.removeEventListener('abort', onAbort);
  void exit.then(stopListening, stopListening);
  return {
    stdin: streams.stdin,
    stdout: stdout.stream,
    stderr: stderr?.stream,
    exit,
    failure: () => failure,
    kill,
    resize: (size) => {
      const isWaiting = wantedSize !== undefined;
      wantedSize = size;
      if (request.tty && !isWaiting) void applySize();
    },
    [Symbol.asyncDispose]: async () => {
      await kill();
      await exit.catch(() => {});
      streams.destroy();
      for (const output of [stdout, stderr]) output?.stream.destroy();
    },
  };
}

async function execPid(pidFile: string): Promise<number> {
  return Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10) || 0;
}

/** Keeps the beginning of what comes: the runtime's own message, when it could not run the command. */
function headOf(stream: Readable): () => string {
  let head = '';
  stream.on('data', (chunk: Buffer) => {
    if (head.length < ERROR_HEAD_BYTES) head += chunk.toString('utf8', 0, ERROR_HEAD_BYTES);
  });
  return () => head;
}

/** Waits until what the runtime wrote has arrived. */
async function drained(stdout: DrainingOutput, stderr: DrainingOutput | undefined): Promise<void> {
  await stdout.arrived();
  await stderr?.arrived();
}
