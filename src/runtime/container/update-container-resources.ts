import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { lockFile } from '../linux/lock-file.ts';
import type { CallOptions, LinuxContainerResources } from '../pod-runtime.ts';
import type { ContainerContext } from './container-context.ts';
import { containerPaths } from './container-paths.ts';
import { loadRecord, saveRecord } from './container-record.ts';
import { runOci } from './run-oci.ts';
import { settle } from './settle-container.ts';
import { ociResources } from './spec/resources.ts';
import { writeFile } from '../linux/files.ts';

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
  const paths = containerPaths(context.paths, id);
  await loadRecord(context.paths.containers, id);
  await using _lock = await lockFile(paths.lock, {
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
  // A file, not standard input: crun opens that by name, which a socket does not allow.
  const file = join(paths.bundle, 'update.json');
  await writeFile(file, JSON.stringify(ociResources(resources, context.host.cgroupMode)), { mode: 0o600 });
  await runOci(record.runtime, ['update', '--resources', file, id], options);
  await saveRecord(context.paths.containers, { ...record, resources: { ...record.resources, ...resources } });
}
