import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isOpaque } from '../linux/is-opaque.ts';

export interface WritableChanges {
  /** Relative to the root, a directory before what is in it. */
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
}

/**
 * What a container has changed of its root, by overlayfs' marks in its writable layer.
 * @param layers below it, for what a replaced directory hides
 * @see kernel docs, filesystems/overlayfs: whiteouts and opaque directories
 */
export async function writableChanges(upper: string, layers: readonly string[]): Promise<WritableChanges> {
  const changed: string[] = [];
  const deleted: string[] = [];
  const visit = async (directory: string): Promise<void> => {
    const here = await readdir(join(upper, directory));
    if (directory !== '' && isOpaque(join(upper, directory)))
      for (const name of await namesIn(layers, directory))
        if (!here.includes(name)) deleted.push(join(directory, name));
    for (const name of here) {
      const path = join(directory, name);
      const stat = await lstat(join(upper, path));
      if (stat.isCharacterDevice() && stat.rdev === 0) {
        deleted.push(path);
        continue;
      }
      // A container goes on while it is looked at, and sockets are in no archive.
      if (stat.isSocket()) continue;
      changed.push(path);
      if (stat.isDirectory()) await visit(path);
    }
  };
  await visit('');
  return { changed, deleted };
}

async function namesIn(layers: readonly string[], directory: string): Promise<Set<string>> {
  const all = await Promise.all(layers.map((layer) => readdir(join(layer, directory)).catch(() => [])));
  return new Set(all.flat());
}
