import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { openInRoot } from '../linux/open-beneath.ts';
import type { Mount } from '../pod-runtime.ts';
import type { ContainerContext } from './container-context.ts';
import { mountImage } from './container-rootfs.ts';
import type { ContainerPaths } from './container-paths.ts';
import type { ResolvedMount } from './spec/mounts.ts';

/** Gives every mount a path of the host: an image is mounted read-only beside the container's root first. */
export async function resolveMounts(
  context: ContainerContext,
  paths: ContainerPaths,
  mounts: readonly Mount[],
): Promise<ResolvedMount[]> {
  return await Promise.all(
    mounts.map(async ({ source, ...mount }, index) => {
      if ('hostPath' in source) return { ...mount, hostPath: source.hostPath };
      const hostPath = await imagePath(context, paths, source, index);
      return { ...mount, hostPath, readonly: true };
    }),
  );
}

async function imagePath(
  context: ContainerContext,
  paths: ContainerPaths,
  source: { image: string; subPath?: string },
  index: number,
): Promise<string> {
  const image = await context.images.imageStatus(source.image);
  if (!image) throw new PeapodError('ImageNotFound', `image "${source.image}" is not present`);
  const target = join(paths.imageVolumes, String(index));
  await mountImage(target, await context.images.rootfsLayers(image.id), join(paths.imageVolumes, 'empty'));
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
