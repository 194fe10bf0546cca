import { announceChange } from './announce-change.ts';
import type { ContainerContext } from './container-context.ts';
import { amendRecord, type ContainerRecord } from './container-record.ts';

/** What Kubernetes' runtimes tell as the exit code of a container whose command could not be run. */
const START_ERROR_EXIT_CODE = 128;

/** Notes that a container has ended because its command could not be run. The caller holds its lock. */
export async function endUnstarted(
  context: ContainerContext,
  record: ContainerRecord,
  message: string,
): Promise<void> {
  amendRecord(context.paths.containers, record, {
    ...record,
    startedAt: 0,
    finishedAt: context.clock.now(),
    exitCode: START_ERROR_EXIT_CODE,
    reason: 'StartError',
    message,
  });
  await announceChange(context.paths);
}
