import { readdir } from 'node:fs/promises';
import { isPeapodError } from '../../model/errors.ts';
import { compiledSeccompDirectory } from '../oci/compiled-seccomp.ts';
import { tryLockFile } from '../linux/lock-file.ts';
import { removeTorn } from '../linux/write-file-atomic.ts';
import { collectExecs } from '../stream/collect-execs.ts';
import type { ContainerContext } from './container-context.ts';
import { bundlesDirectory, containerPaths } from './container-paths.ts';
import { findRecord, isContainerId, listContainerIds } from './container-record.ts';
import { discardContainer } from './discard-container.ts';
import { settle } from './settle-container.ts';

/**
 * Clears what earlier processes left when they were killed: half-made containers, and those whose sandbox is gone, with their mounts, conmons and cgroups,
 * and what ended containers still hold. What another process is at work on right now is its matter.
 * @returns the ids of the containers that were taken away
 */
export async function collectContainers(context: ContainerContext): Promise<string[]> {
  const bundles = await readdir(bundlesDirectory(context.paths)).catch(() => []);
  const ids = new Set([
    ...(await listContainerIds(context.paths.containers)),
    ...bundles.filter(isContainerId),
  ]);
  const discarded: string[] = [];
  await removeTorn(compiledSeccompDirectory(context.paths.run));
  for (const id of ids) {
    using lock = tryLockFile(containerPaths(context.paths, id).lock, { removeFile: true });
    if (!lock) continue;
    const record = await findRecord(context.paths.containers, id);
    if (record && record.createdAt > 0 && (await hasSandbox(context, record.sandboxId))) {
      await removeTorn(containerPaths(context.paths, id).persistent);
      await collectExecs(containerPaths(context.paths, id).bundle, id, record.runtime.path);
      await settle(context, record);
      continue;
    }
    await discardContainer(context, id);
    discarded.push(id);
  }
  return discarded;
}

async function hasSandbox(context: ContainerContext, sandboxId: string): Promise<boolean> {
  try {
    await context.sandboxes.get(sandboxId);
    return true;
  } catch (error) {
    if (isPeapodError(error, 'NotFound')) return false;
    if (isPeapodError(error)) return true;
    throw error;
  }
}
