import { statfs } from 'node:fs/promises';
import type { FilesystemRoom } from '../../model/usage/node-usage.ts';

/** How full the file system is that a path lies on; available is what others than root may take. */
export async function readRoom(path: string): Promise<FilesystemRoom> {
  const { bavail, blocks, bsize, ffree, files } = await statfs(path);
  return {
    availableBytes: bavail * bsize,
    capacityBytes: blocks * bsize,
    freeInodes: ffree,
    inodes: files,
  };
}
