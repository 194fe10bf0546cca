import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Puts this process into the cgroup that it is in, on another thread. That changes nothing, and is no step that could go wrong; the kernel gets ready for moves
 * that do change something.
 * @throws ErrnoException ENOENT, EACCES, …
 */
export async function rejoinCgroup(directory: string): Promise<void> {
  await writeFile(join(directory, 'cgroup.procs'), '0', { flag: 'r+' });
}
