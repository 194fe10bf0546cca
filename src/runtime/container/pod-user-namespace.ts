/** What a pod with a user namespace of its own (`hostUsers: false`) changes about the files of its containers. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { mountIdMapped } from '../linux/id-mapped-mount.ts';
import type { NamespaceOptions } from '../pod-runtime.ts';
import { chmod, chown, mkdir } from '../linux/files.ts';

export interface PodUserNamespace {
  /** The process that holds it. */
  infraPid: number;
  /** The node's ids of the containers' root. */
  rootUid: number;
  rootGid: number;
}

/** @returns nothing for a pod with the node's users */
export function podUserNamespace(sandbox: {
  infraPid: number;
  config: { linux: { namespaces: NamespaceOptions } };
}): PodUserNamespace | undefined {
  const { userns } = sandbox.config.linux.namespaces;
  if (userns === undefined) return undefined;
  const root = (maps: typeof userns.uids) => maps.find(({ containerId }) => containerId === 0)?.hostId ?? 0;
  return { infraPid: sandbox.infraPid, rootUid: root(userns.uids), rootGid: root(userns.gids) };
}

/**
 * Mounts `source` at `target` so that the pod's root owns what the node's root owns.
 * @throws PeapodError CreateContainerError
 */
export function mountForPod(
  source: string,
  target: string,
  users: PodUserNamespace,
  options: { shared?: boolean } = {},
): void {
  try {
    mountIdMapped(source, target, { userNamespaceOf: users.infraPid, ...options });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'EINVAL' ? 'a file system there does not support id-mapped mounts' : (cause as Error).message;
    throw new PeapodError(
      'CreateContainerError',
      `cannot mount "${source}" in a pod with hostUsers: false: ${why}`,
      { cause },
    );
  }
}

const SEARCH = 0o011;
const SEARCH_BY_OTHERS = 0o001;

/**
 * Lets the pod's root through to what it mounts; it still cannot list the directories.
 * @param directories ours, the outermost first: those above it are not ours to open
 * @throws PeapodError FailedPrecondition when the pod's root cannot come as far as that
 */
export async function letThrough(directories: readonly string[]): Promise<void> {
  for (let above = dirname(directories[0] ?? '/'); above !== '/'; above = dirname(above)) {
    const { mode } = await stat(above);
    if ((mode & SEARCH_BY_OTHERS) !== 0) continue;
    throw new PeapodError(
      'FailedPrecondition',
      `spec.hostUsers: Forbidden: the root of a user namespace cannot pass through ${above}`,
      { hint: `chmod o+x ${above}` },
    );
  }
  for (const directory of directories) {
    const { mode } = await stat(directory);
    if ((mode & SEARCH) !== SEARCH) await chmod(directory, (mode & 0o7777) | SEARCH);
  }
}

/** Lets the pod's root, and nobody else of the node, into a directory. */
export async function letIn(directory: string, { rootGid }: PodUserNamespace): Promise<void> {
  await chown(directory, 0, rootGid);
  await chmod(directory, 0o710);
}

/** What lies beside a way that was opened stays root's alone. */
export async function closeOff(directories: readonly string[]): Promise<void> {
  for (const directory of directories) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await chmod(directory, 0o700);
  }
}
