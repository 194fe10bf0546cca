import { PeapodError } from '../../model/errors.ts';
import { killProcess } from '../linux/kill.ts';
import { lockFile } from '../linux/lock-file.ts';
import type { CallOptions } from '../pod-runtime.ts';
import type { ContainerContext } from './container-context.ts';
import { containerPaths } from './container-paths.ts';
import { endUnstarted } from './end-unstarted.ts';
import { waitForExit } from './container-exit.ts';
import { type ContainerRecord, findRecord } from './container-record.ts';
import { observeAndSettle } from './settle-container.ts';
import { signalNumber } from './signal-number.ts';

/** A killed process ends at once, unless the kernel holds it (a dead network file system). */
const KILL_TIMEOUT_MS = 30_000;

/**
 * Sends the stop signal, gives the container `timeoutMs` to end, then kills it. Ended already, or gone, is fine. An abort
 * stops the waiting, and kills nothing.
 * @param options.stopSignal `SIGTERM`, `TERM` or `15`; the container's or its image's unless told
 * @throws PeapodError TimedOut when not even the kill has ended it
 */
export async function stopContainer(
  context: ContainerContext,
  id: string,
  timeoutMs: number,
  options: CallOptions & { stopSignal?: string } = {},
): Promise<void> {
  const record = await findRecord(context.paths.containers, id);
  if (!record) return;
  const { derived } = await observeAndSettle(context, record);
  if (derived.state === 'CONTAINER_EXITED') return;
  const mayEndByItself = derived.state === 'CONTAINER_RUNNING' && timeoutMs > 0;
  if (mayEndByItself) {
    signalInit(record, signalNumber(options.stopSignal ?? record.stopSignal));
    await waitForExit(context, id, { timeoutMs, ...options });
  }
  await killContainer(context, id, options);
}

/** Kills all processes of a container and waits until it has ended. */
export async function killContainer(
  context: ContainerContext,
  id: string,
  options: CallOptions = {},
): Promise<void> {
  const record = await findRecord(context.paths.containers, id);
  if (!record || record.finishedAt > 0) return;
  if (record.startError !== undefined) return await endRefused(context, id, options);
  // Without a process (it is still being made) there is nothing to wait for.
  if (!record.init) return;
  signalInit(record, signalNumber('SIGKILL'));
  if (!record.ownPidNamespace) await context.cgroups.kill(record.cgroupPath);
  await waitForExit(context, id, { timeoutMs: KILL_TIMEOUT_MS, ...options });
  const { derived } = await observeAndSettle(context, record);
  if (derived.state === 'CONTAINER_RUNNING') {
    throw new PeapodError(
      'TimedOut',
      `container "${record.config.metadata.name}" does not end, even when killed`,
      {
        retryable: true,
      },
    );
  }
}

/** The runtime refused to make its process, which nobody who starts it will hear any more. */
async function endRefused(context: ContainerContext, id: string, options: CallOptions): Promise<void> {
  await using _lock = await lockFile(containerPaths(context.paths, id).lock, {
    ...options,
    removeFile: true,
  });
  const record = await findRecord(context.paths.containers, id);
  if (record?.startError === undefined || record.finishedAt > 0) return;
  await endUnstarted(context, record, record.startError);
}

function signalInit(record: ContainerRecord, signal: number): void {
  if (record.init) killProcess(record.init.pid, record.init.startTime, signal);
}
