import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { chmod, mkdir, mkdtemp, rename, rmdir } from '../linux/files.ts';

/** A directory that any user may write to. Its mode is set before it appears under its name: afterwards it is its user's. */
export async function makeOpenDirectory(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) !== undefined) return;
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const fresh = await mkdtemp(join(dirname(path), '.new-'));
  await chmod(fresh, 0o777);
  try {
    await rename(fresh, path);
  } catch (error) {
    await rmdir(fresh);
    // Another pod has made it, and has written to it already.
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
  }
}
