/** A container's root: its image's layers below, its own writable layer on top. */
import { close, open as openCallback } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PeapodError } from '../../model/errors.ts';
import { makePrivate, MountFlag, mountAside, umount } from '../linux/mount.ts';
import { readMounts } from '../linux/proc.ts';
import type { ContainerPaths } from './container-paths.ts';
import { mountForPod, type PodUserNamespace } from './pod-user-namespace.ts';
import { chown, mkdir, rm } from '../linux/files.ts';

const open = promisify(openCallback);
const closeFd = promisify(close);

/** mount(2) takes one page of options. */
const LONGEST_OPTIONS_BYTES = 4095;

/**
 * Mounts the root at `paths.rootfs`; done already is fine.
 * @param layers directories, the uppermost first
 * @param users the pod's user namespace: its root owns what root owns in the image
 * @throws PeapodError CreateContainerError
 */
export async function mountRootfs(
  paths: ContainerPaths,
  layers: readonly string[],
  users?: PodUserNamespace,
): Promise<void> {
  for (const path of [paths.upper, paths.work, paths.rootfs])
    await mkdir(path, { recursive: true, mode: 0o755 });
  if ((await mountPointsBelow(paths.rootfs)).includes(paths.rootfs)) return;
  if (users !== undefined) await chown(paths.upper, users.rootUid, users.rootGid);
  const writable = { upper: paths.upper, work: paths.work };
  await withPodOwners(layers, join(paths.bundle, 'layers'), users, (mapped) =>
    mountOverlay(paths.rootfs, mapped, writable),
  );
}

/** Mounts an image's layers read-only at `target`, for a volume that is an image. */
export async function mountImage(
  target: string,
  layers: readonly string[],
  emptyLayer: string,
  users?: PodUserNamespace,
): Promise<void> {
  await mkdir(target, { recursive: true, mode: 0o755 });
  await mkdir(emptyLayer, { recursive: true, mode: 0o755 });
  if ((await mountPointsBelow(target)).includes(target)) return;
  // Without an upper layer overlayfs wants two lower ones.
  await withPodOwners([...layers, emptyLayer], `${target}.layers`, users, (mapped) =>
    mountOverlay(target, mapped, undefined),
  );
}

/** Has `use` see the layers with the pod's owners. overlayfs keeps what it was given: afterwards nothing of it has to stay mounted. */
async function withPodOwners(
  layers: readonly string[],
  directory: string,
  users: PodUserNamespace | undefined,
  use: (layers: readonly string[]) => Promise<void>,
): Promise<void> {
  if (users === undefined) return await use(layers);
  const mapped = layers.map((_, index) => join(directory, String(index)));
  try {
    for (const [index, target] of mapped.entries()) {
      await mkdir(target, { recursive: true, mode: 0o755 });
      mountForPod(layers[index] ?? '', target, users);
    }
    await use(mapped);
  } finally {
    await unmountBelow(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

/** Unmounts everything at and below `path`, the innermost first, and nothing anywhere else; nothing there is fine. */
export async function unmountBelow(path: string): Promise<void> {
  const targets = await mountPointsBelow(path);
  // What is shared with a directory of the node would be unmounted there too.
  for (const target of targets) makePrivate(target);
  for (const target of targets.toReversed()) umount(target);
}

/** Unmounts the root and deletes all that the container had. */
export async function deleteContainerFiles(paths: ContainerPaths): Promise<void> {
  await unmountBelow(paths.bundle);
  await rm(paths.bundle, { recursive: true, force: true });
  await rm(paths.exit, { force: true });
  await rm(paths.persistent, { recursive: true, force: true });
}

async function mountOverlay(
  target: string,
  layers: readonly string[],
  writable: { upper: string; work: string } | undefined,
): Promise<void> {
  const options = (lower: readonly string[]) =>
    [
      `lowerdir=${lower.join(':')}`,
      ...(writable ? [`upperdir=${escaped(writable.upper)}`, `workdir=${escaped(writable.work)}`] : []),
      'index=off',
    ].join(',');
  const plain = options(layers.map(escaped));
  const opened: number[] = [];
  try {
    let data = plain;
    if (Buffer.byteLength(plain) > LONGEST_OPTIONS_BYTES) {
      for (const layer of layers) opened.push(await open(layer, 'r'));
      data = options(opened.map((fd) => `/proc/self/fd/${fd}`));
    }
    if (Buffer.byteLength(data) > LONGEST_OPTIONS_BYTES) {
      throw new PeapodError(
        'CreateContainerError',
        `cannot mount the root: the image has ${layers.length} layers`,
      );
    }
    const flags = writable ? 0 : MountFlag.READONLY | MountFlag.NOSUID | MountFlag.NODEV;
    await mountAside({ source: 'overlay', target, type: 'overlay', flags, data });
  } catch (error) {
    if (error instanceof PeapodError) throw error;
    throw new PeapodError('CreateContainerError', `cannot mount the root: ${String(error)}`, {
      cause: error,
    });
  } finally {
    for (const fd of opened) await closeFd(fd);
  }
}

/** The mount points at and below `path`, each after the one it lies in. */
async function mountPointsBelow(path: string): Promise<string[]> {
  const points = (await readMounts()).map(({ mountPoint }) => mountPoint);
  return points.filter((point) => point === path || point.startsWith(`${path}/`));
}

function escaped(path: string): string {
  return path.replace(/[\\:,]/g, '\\$&');
}
