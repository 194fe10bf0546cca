import { lockFile } from '../linux/lock-file.ts';
import type { CallOptions } from '../pod-runtime.ts';
import type { ContainerContext } from './container-context.ts';
import { announceChange } from './announce-change.ts';
import { containerPaths } from './container-paths.ts';
import { findRecord, isContainerId } from './container-record.ts';
import { discardContainer } from './discard-container.ts';
import { killContainer } from './stop-container.ts';

/** Removes a container and its writable layer, killing it first where it runs. Gone is fine. Its log stays. */
export async function removeContainer(
  context: ContainerContext,
  id: string,
  options: CallOptions = {},
): Promise<void> {
  if (!isContainerId(id) || !(await findRecord(context.paths.containers, id))) return;
  await killContainer(context, id, options);
  await using _lock = await lockFile(containerPaths(context.paths, id).lock, {
    ...options,
    removeFile: true,
  });
  await discardContainer(context, id);
  await announceChange(context.paths);
}
