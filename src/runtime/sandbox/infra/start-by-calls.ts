/**
 * The infra container without an OCI runtime: `pause` is started from memory and makes itself the namespaces that it then holds. A runtime loads
 * a dozen libraries before it does the same.
 */
import { accessSync, closeSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { PeapodError } from '../../../model/errors.ts';
import { cgroupPlace } from '../../cgroup/cgroup-place.ts';
import { permittedOomScore } from '../../container/spec/oom-score.ts';
import { timeLimit } from '../../linux/external-step.ts';
import { writeFileSync, writeSync } from '../../linux/files.ts';
import { findPrograms } from '../../linux/find-programs.ts';
import { killProcess, waitForExit } from '../../linux/kill.ts';
import { killTree } from '../../linux/kill-tree.ts';
import { makePipe } from '../../linux/pipe.ts';
import { sealedCopy } from '../../linux/sealed-copy.ts';
import { commandLine, type SpawnedProcess, spawnProcess } from '../../linux/spawn-process.ts';
import { traced } from '../../linux/trace.ts';
import type { CallOptions } from '../../pod-runtime.ts';
import type { SandboxContext } from '../sandbox-context.ts';
import { identifyProcess, type ProcessIdentity, type SandboxRecord } from '../sandbox-record.ts';
import { infraCalls } from './infra-calls.ts';
import { infraRootfs, pauseProgram } from './infra-rootfs.ts';
import { OOM_SCORE_ADJ } from './infra-spec.ts';
import {
  type CallsAnswer,
  type CallsArchitecture,
  encodeCalls,
  readCallsAnswer,
  type SystemCall,
} from './system-calls.ts';

const START_TIMEOUT_MS = 30_000;
const KILL_TIMEOUT_MS = 10_000;
/** What `ps` shows, with the sandbox's id behind it. */
const PAUSE = '/pause';

/**
 * Whether a sandbox needs nothing but what `pause` can make itself. A pod that chose its runtime has that make all of it; users, sysctls and systemd's
 * scopes are the OCI runtime's.
 */
export function isPlain(context: SandboxContext, { id, config }: SandboxRecord): boolean {
  const { linux, runtimeHandler = '' } = config;
  return (
    runtimeHandler === '' &&
    linux.namespaces.userns === undefined &&
    Object.keys(linux.sysctls).length === 0 &&
    cgroupPlace(linux.cgroupParent, id, context.systemd).args.length === 0 &&
    pauseInMemory() !== undefined
  );
}

/**
 * @returns the infra container's process
 * @throws PeapodError CreatePodSandboxError
 */
export async function startByCalls(
  context: SandboxContext,
  record: SandboxRecord,
  options: CallOptions,
): Promise<ProcessIdentity> {
  const rootfs = await infraRootfs(context.paths.root);
  const calls = infraCalls(record.config, { rootfs, lastCapability: lastCapability() });
  options.signal?.throwIfAborted();
  try {
    const { pid, done, failure } = await traced('make namespaces', () => makeCalls(context, record, calls));
    const infra = done && pid !== undefined ? identifyProcess(pid) : undefined;
    if (infra !== undefined) return infra;
    throw new Error(failure ?? 'it ended at once');
  } catch (cause) {
    const { message } = cause as Error;
    throw new PeapodError('CreatePodSandboxError', `cannot make the infra container: ${message}`, {
      cause,
      retryable: true,
    });
  }
}

/** Ends the infra container that a killed process has left, of which no record tells the PID. */
export async function endUnrecorded(id: string): Promise<void> {
  for (const { pid, startTime } of findPrograms(PAUSE, id).flatMap((found) => identifyProcess(found) ?? [])) {
    killProcess(pid, startTime, 'SIGKILL');
    await waitForExit(pid, startTime, KILL_TIMEOUT_MS);
  }
}

async function makeCalls(
  context: SandboxContext,
  { id, config }: SandboxRecord,
  calls: readonly SystemCall[],
): Promise<CallsAnswer> {
  const started = startPause(id);
  try {
    const { path } = cgroupPlace(config.linux.cgroupParent, id, context.systemd);
    await context.enterCgroup(path, started.pid);
    const score = permittedOomScore(OOM_SCORE_ADJ, context.own);
    writeFileSync(`/proc/${started.pid}/oom_score_adj`, String(score));
    writeSync(started.calls, encodeCalls(calls, process.arch as CallsArchitecture));
    const timeoutMs = timeLimit('spawn', () => commandLine(PAUSE, [id]), START_TIMEOUT_MS);
    return readCallsAnswer(await readAll(started.answer, timeoutMs), calls);
  } catch (error) {
    killTree(started.pid);
    throw error;
  } finally {
    closeSync(started.calls);
    started.answer.destroy();
  }
}

interface Started {
  readonly pid: number;
  /** The calls are to be written here. */
  readonly calls: number;
  readonly answer: Socket;
}

function startPause(id: string): Started {
  const [calls, answer] = [makePipe(), makePipe()];
  let child: SpawnedProcess | undefined;
  try {
    child = spawnProcess(PAUSE, [id], {
      executable: pauseInMemory(),
      cwd: '/',
      env: {},
      fds: [null, null, null, calls.read, answer.write],
    });
    return {
      pid: child.pid,
      calls: calls.write,
      answer: new Socket({ fd: answer.read, readable: true, writable: false }),
    };
  } finally {
    for (const end of [calls.read, answer.write]) closeSync(end);
    if (child === undefined) for (const end of [calls.write, answer.read]) closeSync(end);
  }
}

/** @throws Error when the other side does not close its end in time */
async function readAll(pipe: Socket, timeoutMs: number): Promise<Buffer> {
  const timer = setTimeout(
    () => pipe.destroy(new Error(`it did not answer within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    const parts: Buffer[] = [];
    for await (const part of pipe) parts.push(part as Buffer);
    return Buffer.concat(parts);
  } finally {
    clearTimeout(timer);
  }
}

let inMemory: string | null | undefined;

/** Nobody in a pod can change it, not even through `/proc/PID/exe`. Undefined where the kernel, or SELinux, has programs be files. */
function pauseInMemory(): string | undefined {
  inMemory ??= copyToMemory();
  return inMemory ?? undefined;
}

function copyToMemory(): string | null {
  try {
    accessSync('/sys/fs/selinux/enforce');
    return null;
  } catch {
    // No SELinux here.
  }
  try {
    return sealedCopy(pauseProgram(process.arch), 'pause');
  } catch {
    return null;
  }
}

let highestCapability: number | undefined;

function lastCapability(): number {
  highestCapability ??= Number(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'));
  return highestCapability;
}
