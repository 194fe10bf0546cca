import { readlinkSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { openInRoot } from '../linux/open-beneath.ts';
import { readMounts } from '../linux/proc.ts';
import type { Mount } from '../pod-runtime.ts';
import type { ContainerContext } from './container-context.ts';
import { mountImage } from './container-rootfs.ts';
import type { ContainerPaths } from './container-paths.ts';
import { mountForPod, type PodUserNamespace } from './pod-user-namespace.ts';
import type { ResolvedMount } from './spec/mounts.ts';
import { mkdir, writeFile } from '../linux/files.ts';

/**
 * Gives every mount a path of the host: an image is mounted read-only beside the container's root first, and in a pod with a user namespace
 * what shall have its owners is mounted id-mapped there.
 */
export async function resolveMounts(
  context: ContainerContext,
  paths: ContainerPaths,
  mounts: readonly Mount[],
  users?: PodUserNamespace,
): Promise<ResolvedMount[]> {
  const resolved = await Promise.all(
    mounts.map(async ({ source, ...mount }, index) => {
      if ('hostPath' in source) {
        const shared = mount.propagation === 'BIDIRECTIONAL';
        const hostPath =
          mount.idmap === true && users !== undefined
            ? await withPodOwners(source.hostPath, join(paths.idMapped, String(index)), users, { shared })
            : source.hostPath;
        return { ...mount, hostPath };
      }
      const hostPath = await imagePath(context, paths, source, index, users);
      return { ...mount, hostPath, readonly: true };
    }),
  );
  return users === undefined ? resolved : await withLockedFlags(resolved);
}

const LOCKED = ['nosuid', 'nodev', 'noexec'];

/** The root of a user namespace may not take these flags off a mount, not even by leaving them out of a remount. */
async function withLockedFlags(mounts: readonly ResolvedMount[]): Promise<ResolvedMount[]> {
  const table = await readMounts();
  return mounts.map((mount) => {
    const below = table.filter(
      ({ mountPoint }) =>
        mountPoint === '/' || mount.hostPath === mountPoint || mount.hostPath.startsWith(`${mountPoint}/`),
    );
    const { options = [] } = below.sort((a, b) => a.mountPoint.length - b.mountPoint.length).at(-1) ?? {};
    return { ...mount, lockedFlags: options.filter((option) => LOCKED.includes(option)) };
  });
}

/** The sandbox's files as the pod's root shall own them. */
export async function resolveSandboxFiles(
  { resolvConfPath, hostnamePath }: SandboxFiles,
  paths: ContainerPaths,
  users: PodUserNamespace | undefined,
): Promise<SandboxFiles> {
  if (users === undefined) return { resolvConfPath, hostnamePath };
  const mapped = async (path: string | undefined, name: string) =>
    path === undefined ? undefined : await withPodOwners(path, join(paths.idMapped, name), users);
  return {
    resolvConfPath: await mapped(resolvConfPath, 'resolv.conf'),
    hostnamePath: await mapped(hostnamePath, 'hostname'),
  };
}

export interface SandboxFiles {
  resolvConfPath: string | undefined;
  hostnamePath: string | undefined;
}

/** @returns `target`, where the source is mounted with the pod's owners */
async function withPodOwners(
  source: string,
  target: string,
  users: PodUserNamespace,
  options: { shared?: boolean } = {},
): Promise<string> {
  const directory = (await stat(source)).isDirectory();
  await mkdir(directory ? target : dirname(target), { recursive: true, mode: 0o755 });
  if (!directory) await writeFile(target, '');
  mountForPod(source, target, users, options);
  return target;
}

async function imagePath(
  context: ContainerContext,
  paths: ContainerPaths,
  source: { image: string; subPath?: string },
  index: number,
  users: PodUserNamespace | undefined,
): Promise<string> {
  const image = await context.images.imageStatus(source.image);
  if (!image) throw new PeapodError('ImageNotFound', `image "${source.image}" is not present`);
  const target = join(paths.imageVolumes, String(index));
  const layers = await context.images.rootfsLayers(image.id);
  await mountImage(target, layers, join(paths.imageVolumes, 'empty'), users);
  return source.subPath ? pathWithin(target, source.subPath) : target;
}

/** The image is read-only, so that what a path leads to now is what it leads to when it is mounted. */
function pathWithin(root: string, subPath: string): string {
  try {
    using opened = openInRoot(root, subPath, { symlinks: 'beneath' });
    return readlinkSync(opened.path);
  } catch (error) {
    throw new PeapodError(
      'CreateContainerError',
      `cannot mount "${subPath}" of the image: ${String(error)}`,
      {
        cause: error,
      },
    );
  }
}
