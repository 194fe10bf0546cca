import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTorn } from '../linux/write-file-atomic.ts';
import { tryLockFile } from '../linux/lock-file.ts';
import { forgetContainer } from '../oci/forget-container.ts';
import { endUnrecorded } from './infra/start-by-calls.ts';
import type { SandboxContext } from './sandbox-context.ts';
import { removeSandboxFiles } from './sandbox-files.ts';
import { sandboxPaths } from './sandbox-paths.ts';
import { isRunning, madeAs } from './sandbox-record.ts';
import { unmakeSandbox } from './unmake-sandbox.ts';

/**
 * Takes away what has no owner: half-made sandboxes whose maker is gone, run directories and network attachments without a record.
 * What another process works on at this moment (its lock is held) is left alone.
 */
export async function collectSandboxes(context: SandboxContext): Promise<void> {
  for (const record of await context.records.list()) {
    await removeTorn(join(context.paths.sandboxes, record.id));
    if (record.createdAt > 0 || isRunning(record.maker, record.bootId)) continue;
    using lock = tryLockFile(sandboxPaths(context.paths, record.id).lock, { removeFile: true });
    if (lock === undefined) continue;
    await unmakeSandbox(context, record);
    await context.records.remove(record.id);
  }
  for (const id of await context.records.torn()) {
    using lock = tryLockFile(sandboxPaths(context.paths, id).lock, { removeFile: true });
    if (lock !== undefined && (await context.records.read(id)) === undefined)
      await context.records.remove(id);
  }
  for (const directory of [join(context.paths.run, 'network'), join(context.paths.root, 'pause')])
    await removeTorn(directory);
  const directories = await readdir(join(context.paths.run, 'sandboxes')).catch((): string[] => []);
  for (const id of new Set([...directories, ...(await context.network.list())])) {
    if (!/^[0-9a-f]{64}$/.test(id)) continue;
    using lock = tryLockFile(sandboxPaths(context.paths, id).lock, { removeFile: true });
    if (lock === undefined || (await hasOwner(context, id))) continue;
    await endForgotten(context, id);
    await context.network.leave(id, '');
    await removeSandboxFiles(sandboxPaths(context.paths, id));
  }
}

/** The infra container of one whose record is lost: its arguments, or the OCI runtime, tell of it still. */
async function endForgotten({ oci }: SandboxContext, id: string): Promise<void> {
  await endUnrecorded(id);
  for (const runtime of oci.usable) await forgetContainer(runtime, id);
}

/** The pool is asked first: what leaves it is a pod's before. */
async function hasOwner({ pool, records }: SandboxContext, id: string): Promise<boolean> {
  if (await pool.has(id)) return true;
  return (await records.list()).some((record) => madeAs(record) === id);
}
