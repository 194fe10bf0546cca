import { readFile } from 'node:fs/promises';
import { killTree } from '../linux/kill-tree.ts';
import type { ContainerPaths } from './container-paths.ts';

/** Ends a container's conmon, if the process of that number is really its, and with it an OCI runtime that is still at work. */
export async function killConmon(paths: ContainerPaths, id: string): Promise<void> {
  try {
    const pid = Number((await readFile(paths.conmonPid, 'utf8')).trim());
    const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    if (pid > 1 && cmdline.split('\0').includes(id)) killTree(pid);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH'].includes(String(error.code))))
      throw error;
  }
}
