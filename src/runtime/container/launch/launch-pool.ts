/**
 * Launches made ahead, for containers to come. Each is the bundle of a container that has no record yet, under an id of its own, and belongs to
 * the process that made it, which holds the id's lock, until a container gets the id:
 *
 *     being made ──► spare ──► a container's
 *          └───────────┴─────► taken away: its process ended, or found it dead
 */
import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PeapodError } from '../../../model/errors.ts';
import { mkdir, rename, symlink } from '../../linux/files.ts';
import { type FileLock, lockFile } from '../../linux/lock-file.ts';
import type { ContainerContext } from '../container-context.ts';
import { type ContainerPaths, containerPaths } from '../container-paths.ts';
import { discardContainer } from '../discard-container.ts';
import { canWait, type Launch, launch, type LaunchRequest } from './launch.ts';

export interface LaunchPool {
  /**
   * One that can become this container, whose log is then where it is wanted. It is the caller's from now on, with its lock.
   * @returns nothing when none is there, or fits
   */
  take(wanted: Omit<LaunchRequest, 'id'>): Promise<SpareLaunch | undefined>;
  /** A container is made or started just now. */
  touch(): void;
  /** Has so many there, until the signal aborts; then it resolves when none is left. Failures are told to `warn`, and tried again. */
  keep(size: number, warn: (error: unknown) => void, options: { signal: AbortSignal }): Promise<void>;
}

export interface SpareLaunch {
  readonly id: string;
  readonly launch: Launch;
  readonly lock: FileLock;
}

const ID_BYTES = 32;
/** No container must wait for one that is made for the next. */
const QUIET_MS = 300;
const RETRY_MS = 30_000;
const READY_MS = 10_000;
const LOOK_MS = 5;
/** Whoever ends waits for it. */
const DRAIN_ATTEMPTS = 4;
const DRAIN_RETRY_MS = 100;
/** Of the first attempt at a container, as agents name it. */
const LOG_NAME = '0.log';

export function openLaunchPool(context: ContainerContext): LaunchPool {
  const { clock } = context;
  const spares: SpareLaunch[] = [];
  /** What could not be taken away yet. */
  const strays: Omit<SpareLaunch, 'launch'>[] = [];
  let wake = Promise.withResolvers<void>();
  let busyAt = 0;
  /** None will ever fit: the OCI runtime does not wait, or logs are on another file system than containers. */
  let isUseless = !canWait(context.runtime);

  async function make(): Promise<void> {
    const id = randomBytes(ID_BYTES).toString('hex');
    const paths = containerPaths(context.paths, id);
    const lock = await lockFile(paths.lock, { removeFile: true });
    try {
      await mkdir(paths.persistent, { recursive: true, mode: 0o700 });
      await mkdir(paths.bundle, { recursive: true, mode: 0o700 });
      await symlink(paths.persistent, logsOf(paths));
      const request = {
        id,
        runtime: context.runtime,
        logPath: join(logsOf(paths), LOG_NAME),
        tty: false,
        stdin: false,
        stdinOnce: false,
      };
      const begun = await launch(context, request, { waiting: true });
      try {
        await untilWaiting(paths, begun);
      } catch (error) {
        begun[Symbol.dispose]();
        throw error;
      }
      spares.push({ id, launch: begun, lock });
    } catch (error) {
      await takeAway({ id, lock });
      throw error;
    }
  }

  /** conmon opens the log last of all before it starts the OCI runtime. Its number is written by the process that started it, at the same time. */
  async function untilWaiting(paths: ContainerPaths, begun: Launch): Promise<void> {
    const end = clock.now() + READY_MS;
    const signs = [join(paths.persistent, LOG_NAME), paths.conmonPid];
    while (!signs.every((file) => existsSync(file))) {
      if (!begun.isWaiting() || clock.now() > end)
        throw new PeapodError('Unavailable', 'conmon does not come to wait for a container', {
          retryable: true,
        });
      await clock.sleep(LOOK_MS);
    }
  }

  async function discard({ id, launch: begun, lock }: SpareLaunch): Promise<void> {
    begun[Symbol.dispose]();
    await takeAway({ id, lock });
  }

  async function takeAway(spare: Omit<SpareLaunch, 'launch'>): Promise<void> {
    try {
      await discardContainer(context, spare.id);
    } catch (error) {
      strays.push(spare);
      throw error;
    }
    spare.lock[Symbol.dispose]();
  }

  async function takeAwayStrays(): Promise<void> {
    for (const stray of strays.splice(0)) await takeAway(stray);
  }

  async function drain(warn: (error: unknown) => void): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const removals = await Promise.allSettled([takeAwayStrays(), ...spares.splice(0).map(discard)]);
        for (const removal of removals) if (removal.status === 'rejected') throw removal.reason;
        return;
      } catch (error) {
        if (attempt === DRAIN_ATTEMPTS) return warn(error);
        await clock.sleep(DRAIN_RETRY_MS * attempt);
      }
    }
  }

  function fits({ runtime, logPath, tty, stdin }: Omit<LaunchRequest, 'id'>): boolean {
    return (
      !tty &&
      !stdin &&
      basename(logPath) === LOG_NAME &&
      // conmon would go on writing it.
      !existsSync(logPath) &&
      runtime.path === context.runtime.path &&
      runtime.globalArgs.join('\0') === context.runtime.globalArgs.join('\0')
    );
  }

  return {
    async take(wanted) {
      busyAt = clock.now();
      if (!fits(wanted)) return undefined;
      while (!isUseless) {
        const spare = spares.shift();
        if (spare === undefined) break;
        wake.resolve();
        try {
          if (!spare.launch.isWaiting()) throw new Error('conmon has ended');
          await moveLog(containerPaths(context.paths, spare.id), wanted.logPath);
          return spare;
        } catch (error) {
          isUseless = (error as NodeJS.ErrnoException).code === 'EXDEV';
          // It is no reason for the container to fail.
          await discard(spare).catch(() => {});
        }
      }
      return undefined;
    },
    touch() {
      busyAt = clock.now();
    },
    async keep(size, warn, { signal }) {
      if (size === 0) return;
      busyAt = clock.now();
      signal.addEventListener('abort', () => wake.resolve(), { once: true });
      while (!signal.aborted) {
        const quietMs = busyAt + QUIET_MS - clock.now();
        try {
          if (strays.length > 0) await takeAwayStrays();
          else if (spares.length >= size || isUseless) {
            await wake.promise;
            wake = Promise.withResolvers();
          } else if (quietMs > 0) await clock.sleep(quietMs, { signal });
          else await make();
        } catch (error) {
          if (signal.aborted) break;
          warn(error);
          await clock.sleep(RETRY_MS, { signal }).catch(() => {});
        }
      }
      await drain(warn);
    },
  };
}

/** What conmon takes for the folder of its log, now and whenever it opens it anew. */
function logsOf({ bundle }: ContainerPaths): string {
  return join(bundle, 'logs');
}

/** The file goes where the container's log is to be, and conmon, which has it open, with it. */
async function moveLog(paths: ContainerPaths, logPath: string): Promise<void> {
  const folder = dirname(logPath);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  if (statSync(folder).dev !== statSync(paths.persistent).dev)
    throw Object.assign(new Error('logs are on another file system'), { code: 'EXDEV' });
  await rename(join(paths.persistent, LOG_NAME), logPath);
  const logs = logsOf(paths);
  await symlink(folder, `${logs}.new`);
  await rename(`${logs}.new`, logs);
}
