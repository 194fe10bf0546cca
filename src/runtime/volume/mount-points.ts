import { PeapodError } from '../../model/errors.ts';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makePrivate, umount } from '../linux/mount.ts';
import { readMounts } from '../linux/proc.ts';
import { removeTree } from './remove-tree.ts';

export async function isMountPoint(path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => path);
  const [own, above] = await Promise.all(
    [real, dirname(real)].map((one) => stat(one).catch(() => undefined)),
  );
  // Another file system begins here. What is mounted from the same one only the whole table tells.
  if (own !== undefined && above !== undefined && own.dev !== above.dev) return true;
  return (await readMounts()).some(({ mountPoint }) => mountPoint === real);
}

/** Where something is mounted at or below the path, in the order in which it was mounted. */
export async function mountPointsBelow(path: string): Promise<string[]> {
  const real = await realpath(path).catch(() => path);
  const points = (await readMounts()).map(({ mountPoint }) => mountPoint);
  return points.filter((point) => point === real || point.startsWith(`${real}/`));
}

/**
 * Takes away what is mounted at `point` and below it, and nothing anywhere else: a bind of a shared directory is that directory's peer,
 * so that without making it private first, an unmount below it would happen on the host too.
 */
export function detach(point: string): void {
  while (makePrivate(point) && umount(point));
}

/**
 * Deletes a directory of ours with all in it. What is mounted in it is detached first, and if something still is, nothing is deleted:
 * behind a mount may be the host's own files.
 */
export async function deleteUnmounted(path: string): Promise<void> {
  // The outermost first: it takes those below it along.
  for (const point of await mountPointsBelow(path)) detach(point);
  const [left] = await mountPointsBelow(path);
  if (left !== undefined)
    throw new PeapodError('VolumeError', `cannot delete ${path}: something is still mounted at ${left}`, {
      retryable: true,
    });
  await removeTree(path);
}
