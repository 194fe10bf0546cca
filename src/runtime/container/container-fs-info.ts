import type { RuntimePaths } from '../paths.ts';
import type { FilesystemUsage } from '../pod-runtime.ts';
import { containerPaths } from './container-paths.ts';
import { listContainerIds } from './container-record.ts';
import { diskUsage } from './container-stats.ts';

/** What all writable layers take. */
export async function containerFsInfo(paths: RuntimePaths): Promise<FilesystemUsage> {
  let usedBytes = 0;
  let usedInodes = 0;
  for (const id of await listContainerIds(paths.containers)) {
    const { bytes, inodes } = await diskUsage(containerPaths(paths, id).upper);
    usedBytes += bytes;
    usedInodes += inodes;
  }
  return { mountpoint: paths.containers, usedBytes, usedInodes };
}
