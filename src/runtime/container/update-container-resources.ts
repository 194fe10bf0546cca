import { PeapodError } from '../../model/errors.ts';
import { lockFile } from '../linux/lock-file.ts';
import type { CallOptions, LinuxContainerResources } from '../pod-runtime.ts';
import type { ContainerContext } from './container-context.ts';
import { containerPaths } from './container-paths.ts';
import { loadRecord, saveRecord } from './container-record.ts';
import { runOci } from './run-oci.ts';
import { settle } from './settle-container.ts';
import { ociResources } from './spec/resources.ts';

/**
 * Changes the limits of a created or running container; what the request does not name stays.
 * @throws PeapodError NotFound; FailedPrecondition when it has ended; RunContainerError when the kernel refuses a limit, e.g. less memory than is in use
 */
export async function updateContainerResources(
  context: ContainerContext,
  id: string,
  resources: LinuxContainerResources,
  options: CallOptions = {},
): Promise<void> {
  await loadRecord(context.paths.containers, id);
  await using _lock = await lockFile(containerPaths(context.paths, id).lock, {
    ...options,
    removeFile: true,
  });
  const { record, derived } = await settle(context, await loadRecord(context.paths.containers, id));
  if (derived.state === 'CONTAINER_EXITED') {
    throw new PeapodError(
      'FailedPrecondition',
      `cannot update container "${record.config.metadata.name}": it has ended`,
    );
  }
  const input = JSON.stringify(ociResources(resources, context.host.cgroupMode));
  await runOci(record.runtime, ['update', '--resources', '-', id], { ...options, input });
  await saveRecord(context.paths.containers, { ...record, resources: { ...record.resources, ...resources } });
}
