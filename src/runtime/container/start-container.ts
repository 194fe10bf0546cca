import { PeapodError } from '../../model/errors.ts';
import { lockFile } from '../linux/lock-file.ts';
import { traced } from '../linux/trace.ts';
import type { CallOptions } from '../pod-runtime.ts';
import type { ContainerContext } from './container-context.ts';
import { announceChange } from './announce-change.ts';
import { containerPaths } from './container-paths.ts';
import { amendRecord, type ContainerRecord, loadRecord } from './container-record.ts';
import { endUnstarted } from './end-unstarted.ts';
import { releaseContainer } from './release-container.ts';
import { settle } from './settle-container.ts';
import { startErrorMessage } from './start-error.ts';

/**
 * Lets a created container run. One that runs already is fine: also after an error that says that its start could not be written down.
 * @throws PeapodError NotFound; FailedPrecondition when it has ended; RunContainerError when its command cannot be run: the container then has
 * ended with code 128, reason `StartError` and the same message
 */
export async function startContainer(
  context: ContainerContext,
  id: string,
  options: CallOptions = {},
): Promise<void> {
  const { config } = await loadRecord(context.paths.containers, id);
  await traced('start container', () => start(context, id, options), `container ${config.metadata.name}`);
}

async function start(context: ContainerContext, id: string, options: CallOptions): Promise<void> {
  await using _lock = await lockFile(containerPaths(context.paths, id).lock, {
    ...options,
    removeFile: true,
  });
  const { record, derived } = await settle(context, await loadRecord(context.paths.containers, id));
  if (derived.state === 'CONTAINER_RUNNING') return;
  if (derived.state !== 'CONTAINER_CREATED') {
    throw new PeapodError(
      'FailedPrecondition',
      `cannot start container "${record.config.metadata.name}": it is in state ${derived.state}`,
    );
  }
  if (record.startError !== undefined) await failStart(context, record, record.startError);
  const requested = { ...record, startRequestedAt: context.clock.now() };
  amendRecord(context.paths.containers, record, requested);
  try {
    await releaseContainer(record.runtime, id, record.startRequestedAt > 0 ? record.init : undefined);
  } catch (error) {
    // What the runtime says is of the command. What the kernel refused us is not: the container waits, or runs already, and is asked again.
    if (!(error instanceof PeapodError)) throw error;
    await failStart(context, requested, startErrorMessage(error.message, record.config.command[0] ?? ''));
  }
  amendRecord(context.paths.containers, requested, { ...requested, startedAt: context.clock.now() });
  await announceChange(context.paths);
}

async function failStart(
  context: ContainerContext,
  record: ContainerRecord,
  message: string,
): Promise<never> {
  await endUnstarted(context, record, message);
  throw new PeapodError('RunContainerError', message);
}
