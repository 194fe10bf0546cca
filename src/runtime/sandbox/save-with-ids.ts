import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { hasIdMappedLayers } from '../linux/id-mapped-mount.ts';
import { lockFile } from '../linux/lock-file.ts';
import type { CallOptions, IdMapping, NamespaceOptions } from '../pod-runtime.ts';
import type { SandboxContext } from './sandbox-context.ts';
import type { SandboxRecord } from './sandbox-record.ts';

/**
 * Records a sandbox that is about to be made. From then on, and until its record is removed, the ids of its user namespace are its pod's alone.
 * @throws PeapodError Unsupported; Unavailable when another pod has some of the ids: with others it will do
 */
export async function saveWithIds(
  context: SandboxContext,
  record: SandboxRecord,
  options: CallOptions,
): Promise<void> {
  const { userns } = record.config.linux.namespaces;
  if (userns === undefined) return await context.records.save(record);
  await checkKernel();
  const path = join(context.paths.run, 'locks', 'user-namespaces');
  await using _ = await lockFile(path, { removeFile: true, ...options });
  for (const { config } of await context.records.list()) {
    if (config.metadata.uid === record.config.metadata.uid) continue;
    if (!overlap(userns, config.linux.namespaces.userns)) continue;
    const { namespace, name } = config.metadata;
    throw new PeapodError('Unavailable', `pod ${namespace}/${name} has some of the user namespace's ids`, {
      retryable: true,
    });
  }
  await context.records.save(record);
}

/** Before anything is made. */
async function checkKernel(): Promise<void> {
  const refuse = (why: string) => new PeapodError('Unsupported', `spec.hostUsers: Forbidden: ${why}`);
  if (!hasIdMappedLayers()) throw refuse('id-mapped image layers need Linux 5.19 or later');
  const userNamespaces = await access('/proc/self/ns/user').then(
    () => true,
    () => false,
  );
  if (!userNamespaces) throw refuse('the kernel has no user namespaces');
}

type Users = NonNullable<NamespaceOptions['userns']>;

function overlap(one: Users, other: Users | undefined): boolean {
  if (other === undefined) return false;
  const meets = (a: IdMapping, b: IdMapping) =>
    a.hostId < b.hostId + b.length && b.hostId < a.hostId + a.length;
  return (['uids', 'gids'] as const).some((kind) =>
    one[kind].some((a) => other[kind].some((b) => meets(a, b))),
  );
}
