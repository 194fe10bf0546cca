/**
 * conmon, which holds one container's process: it writes its log and its exit code, keeps its standard input, and lives on when we do not.
 * @see https://github.com/containers/conmon
 */
import { closeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Socket } from 'node:net';
import { PeapodError } from '../../../model/errors.ts';
import { executableOf } from '../../oci/executable-of.ts';
import { timeLimit } from '../../linux/external-step.ts';
import { killTree } from '../../linux/kill-tree.ts';
import { makePipe } from '../../linux/pipe.ts';
import { commandLine, spawnProcess } from '../../linux/spawn-process.ts';
import type { ContainerPaths } from '../container-paths.ts';

export interface ConmonRequest {
  conmon: string;
  /** The OCI runtime's program and the arguments that go before its verb. */
  runtime: { path: string; globalArgs: readonly string[] };
  id: string;
  paths: ContainerPaths;
  /** Empty: no log is kept. */
  logPath: string;
  tty: boolean;
  stdin: boolean;
  /** Standard input ends when the first client that attached to it goes. */
  stdinOnce: boolean;
  /** Puts conmon, before it does anything, into a cgroup outside the pod's: the pod's limits are not for it. */
  enterCgroup: (pid: number) => Promise<void>;
  timeoutMs: number;
}

export type ConmonResult =
  | { outcome: 'created'; initPid: number; conmonPid: number }
  /** What the OCI runtime wrote to its standard error. */
  | { outcome: 'refused'; output: string };

/** Descriptors that conmon inherits, by their numbers in it. */
const SYNC_FD = 3;
const START_FD = 4;

/** conmon on its way to a container. */
export interface Conmon extends Disposable {
  /**
   * What has become of it.
   * @throws PeapodError CreateContainerError when it ends or stays silent without saying why
   */
  answer(): Promise<ConmonResult>;
  /** Whether it has neither answered nor ended. */
  isWaiting(): boolean;
}

/**
 * Starts conmon, which has the OCI runtime create the container; its process then waits for the runtime's `start`. conmon leaves
 * our session and inherits nothing but two pipes. Disposed of before it has answered, it may go on: it is to be looked for.
 * @throws PeapodError MissingPrerequisite when there is no conmon
 */
export async function startConmon(request: ConmonRequest): Promise<Conmon> {
  const child = spawnConmon(request);
  const listening = listenTo(child, request.runtime.path);
  let isWaiting = true;
  const settled = () => (isWaiting = false);
  listening.answer.then(settled, settled);
  let hasEnded = false;
  void child.ended.then(() => (hasEnded = true));
  const close = () => {
    for (const stream of [child.sync, child.start, child.stderr]) stream.destroy();
  };
  // What has not left us yet must not go on, as it would when the pipe that it waits at is closed.
  const end = () => {
    if (!hasEnded) killTree(child.pid);
    close();
  };
  try {
    await enter(request, child.pid);
    child.start.end('\0');
  } catch (error) {
    end();
    throw error;
  }
  return {
    async answer() {
      const timeoutMs = timeLimit(
        'spawn',
        () => commandLine(request.conmon, conmonArgs(request)),
        request.timeoutMs,
      );
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => reject(listening.failure(`did not answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      try {
        // The process that we started writes down conmon's number, and only then ends; conmon itself may be faster.
        const [{ data, message }] = await Promise.race([Promise.all([listening.answer, child.ended]), late]);
        close();
        if (data <= 0) return { outcome: 'refused', output: message ?? '' };
        return { outcome: 'created', initPid: data, conmonPid: await readPid(request.paths.conmonPid) };
      } catch (error) {
        end();
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    isWaiting: () => isWaiting,
    [Symbol.dispose]: end,
  };
}

/** One that ended at once says why, or does not answer. */
async function enter({ enterCgroup }: ConmonRequest, pid: number): Promise<void> {
  try {
    await enterCgroup(pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

interface Started {
  readonly pid: number;
  readonly ended: Promise<number>;
  readonly stderr: Socket;
  /** conmon's answer comes here. */
  readonly sync: Socket;
  /** conmon waits for a byte from here. */
  readonly start: Socket;
}

/** In a session of its own from the start: a Ctrl-C of our terminal is not for it. */
function spawnConmon(request: ConmonRequest): Started {
  const [errors, sync, start] = [makePipe(), makePipe(), makePipe()];
  try {
    const { pid, ended } = spawnProcess(request.conmon, conmonArgs(request), {
      cwd: request.paths.bundle,
      env: {
        PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
        _OCI_SYNCPIPE: String(SYNC_FD),
        _OCI_STARTPIPE: String(START_FD),
      },
      fds: [null, null, errors.write, sync.write, start.read],
    });
    const streams = {
      stderr: new Socket({ fd: errors.read, readable: true, writable: false }),
      sync: new Socket({ fd: sync.read, readable: true, writable: false }),
      start: new Socket({ fd: start.write, readable: false, writable: true }),
    };
    for (const stream of Object.values(streams)) stream.on('error', ignoreBrokenPipe);
    return { pid, ended, ...streams };
  } catch (cause) {
    for (const end of [errors.read, sync.read, start.write]) closeSync(end);
    throw new PeapodError(
      'MissingPrerequisite',
      `cannot start ${request.conmon}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause, hint: 'apt-get install conmon' },
    );
  } finally {
    for (const end of [errors.write, sync.write, start.read]) closeSync(end);
  }
}

function conmonArgs(request: ConmonRequest): string[] {
  const { id, paths, runtime } = request;
  return [
    ['--api-version', '1'],
    ['--cid', id, '--cuuid', id, '--name', id.slice(0, 12)],
    ['--runtime', executableOf(runtime.path)],
    runtime.globalArgs.map((arg) => `--runtime-arg=${arg}`),
    ['--bundle', paths.bundle],
    ['--persist-dir', paths.bundle],
    ['--container-pidfile', paths.initPid],
    ['--conmon-pidfile', paths.conmonPid],
    ['--log-path', request.logPath === '' ? 'none:' : `k8s-file:${request.logPath}`],
    ['--exit-dir', paths.exits],
    ['--socket-dir-path', paths.bundle, '--full-attach'],
    request.tty ? ['--terminal'] : [],
    request.stdin ? ['--stdin'] : [],
    request.stdin && !request.stdinOnce ? ['--leave-stdin-open'] : [],
  ].flat();
}

interface Answer {
  data: number;
  message?: string;
}

interface Listening {
  /** One line of JSON; it rejects at the end of the pipe, when conmon has died. */
  readonly answer: Promise<Answer>;
  /** An error that says what it did, and what it wrote. */
  readonly failure: (what: string) => PeapodError;
}

/** From its start on: it may die before anybody asks. */
function listenTo({ stderr, sync }: Started, runtime: string): Listening {
  let said = '';
  let errors = '';
  const { promise: answer, resolve, reject } = Promise.withResolvers<Answer>();
  answer.catch(() => {});
  const failure = (what: string) => {
    const detail = errors.trim() === '' ? '' : `: ${errors.trim()}`;
    return new PeapodError('CreateContainerError', `conmon, with ${runtime}, ${what}${detail}`, {
      retryable: true,
    });
  };
  stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4096);
  });
  sync.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (!said.includes('\n')) return;
    try {
      resolve(JSON.parse(said) as Answer);
    } catch {
      reject(failure(`answered "${said.slice(0, 200)}"`));
    }
  });
  sync.once('close', () => reject(failure('ended before it had made the container')));
  return { answer, failure };
}

async function readPid(path: string): Promise<number> {
  return Number((await readFile(path, 'utf8')).trim());
}

/** The other side may be gone: what that means is said by what it wrote before. */
function ignoreBrokenPipe(): void {}
