import type { CallOptions } from '../pod-runtime.ts';
import type { ContainerContext } from './container-context.ts';
import { findRecord, listContainerIds } from './container-record.ts';
import { removeContainer } from './remove-container.ts';
import { killContainer } from './stop-container.ts';

/** Kills all containers of a sandbox, all at once. */
export async function endContainers(
  context: ContainerContext,
  sandboxId: string,
  options: CallOptions = {},
): Promise<void> {
  const ids = await containersOf(context, sandboxId);
  await Promise.all(ids.map((id) => killContainer(context, id, options)));
}

/** Removes all containers of a sandbox, half-made ones too. */
export async function removeContainersOf(
  context: ContainerContext,
  sandboxId: string,
  options: CallOptions = {},
): Promise<void> {
  const ids = await containersOf(context, sandboxId);
  await Promise.all(ids.map((id) => removeContainer(context, id, options)));
}

async function containersOf(context: ContainerContext, sandboxId: string): Promise<string[]> {
  const ids = await listContainerIds(context.paths.containers);
  const records = await Promise.all(ids.map((id) => findRecord(context.paths.containers, id)));
  return records.filter((record) => record?.sandboxId === sandboxId).map((record) => record?.id ?? '');
}
