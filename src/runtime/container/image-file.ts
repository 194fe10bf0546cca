import { constants, fstatSync, readSync } from 'node:fs';
import { PeapodError } from '../../model/errors.ts';
import { mkdirInRoot, type OpenedFile, openInRoot } from '../linux/open-beneath.ts';
import { chownSync } from '../linux/files.ts';

/** More users than any image has; a file that is larger wants to fill our memory. */
const LARGEST_BYTES = 4 * 1024 * 1024;

/** That there is nothing to read: no such file, a loop, a device without a driver. */
const MISSING = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EXDEV']);

/**
 * The text of a file of a container's root, as the container itself would find it: symlinks lead within the root.
 * @returns the empty string when there is none, or it is no regular file
 * @throws PeapodError CreateContainerConfigError when it is larger than 4 MiB
 */
export function readImageFile(rootfs: string, path: string): string {
  using file = openIfThere(rootfs, path);
  const stat = file && fstatSync(file.fd);
  if (!file || !stat?.isFile()) return '';
  if (stat.size > LARGEST_BYTES) {
    throw new PeapodError(
      'CreateContainerConfigError',
      `the image's ${path} is larger than ${LARGEST_BYTES} bytes`,
    );
  }
  const buffer = Buffer.alloc(stat.size);
  let length = 0;
  while (length < buffer.length) {
    const bytesRead = readSync(file.fd, buffer, length, buffer.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.toString('utf8', 0, length);
}

/**
 * Makes a directory of a container's root with all above it, as the container itself would: symlinks lead within the root.
 * @param owner who gets what is made, when it is not the node's root
 * @throws PeapodError CreateContainerError when something that is no directory stands there
 */
export function makeDirectoryInRoot(
  rootfs: string,
  path: string,
  owner?: { rootUid: number; rootGid: number },
): void {
  try {
    mkdirInRoot(rootfs, path)[Symbol.dispose]();
    if (owner !== undefined) giveMade(rootfs, path, owner);
  } catch (error) {
    throw new PeapodError(
      'CreateContainerError',
      `cannot make directory "${path}" in the container: ${String(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** In a root with other ids nothing but what was made just now belongs to the node's root. */
function giveMade(rootfs: string, path: string, owner: { rootUid: number; rootGid: number }): void {
  const names = path.split('/').filter((name) => name !== '');
  for (let depth = 1; depth <= names.length; depth++) {
    using directory = openInRoot(rootfs, names.slice(0, depth).join('/'));
    if (fstatSync(directory.fd).uid === 0) chownSync(directory.path, owner.rootUid, owner.rootGid);
  }
}

function openIfThere(rootfs: string, path: string): OpenedFile | undefined {
  try {
    return openInRoot(rootfs, path, {
      flags: constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && MISSING.has(String(error.code))) return undefined;
    throw error;
  }
}
