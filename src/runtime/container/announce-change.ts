import { join } from 'node:path';
import type { RuntimePaths } from '../paths.ts';
import { exitsDirectory } from './container-paths.ts';
import { writeFile } from '../linux/files.ts';

/** Tells every process that watches conmon's exit files that something else than an exit has changed, too. */
export async function announceChange(paths: RuntimePaths): Promise<void> {
  await writeFile(join(exitsDirectory(paths), '.changed'), '', { mode: 0o600 }).catch(() => {
    // Only a hint: whoever watches looks by himself, too, now and then.
  });
}
