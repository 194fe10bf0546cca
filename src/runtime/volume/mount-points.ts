import { rm } from 'node:fs/promises';
import { umountAll } from '../linux/mount.ts';
import { readMounts } from '../linux/proc.ts';

export async function isMountPoint(path: string): Promise<boolean> {
  return (await readMounts()).some(({ mountPoint }) => mountPoint === path);
}

/** Where something is mounted at or below the path, the innermost and newest first. */
export async function mountPointsBelow(path: string): Promise<string[]> {
  const points = (await readMounts()).map(({ mountPoint }) => mountPoint);
  return points.filter((point) => point === path || point.startsWith(`${path}/`)).toReversed();
}

/**
 * Deletes a directory of ours with all in it. What is mounted in it is unmounted first, and if something still is, nothing is deleted:
 * behind a mount may be the host's own files.
 */
export async function deleteUnmounted(path: string): Promise<void> {
  for (const point of await mountPointsBelow(path)) umountAll(point);
  const [left] = await mountPointsBelow(path);
  if (left !== undefined) throw new Error(`cannot delete ${path}: something is still mounted at ${left}`);
  await rm(path, { recursive: true, force: true });
}
