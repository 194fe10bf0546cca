import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 512;

/** The disk space that a directory takes, in bytes: no symlink is followed, a hard link counts once. What vanishes meanwhile counts 0. */
export async function diskUsage(directory: string, seen: Set<string> = new Set()): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(directory, entry.name);
    const stats = await lstat(path).catch(() => undefined);
    if (stats === undefined) continue;
    const identity = `${stats.dev}:${stats.ino}`;
    if (!seen.has(identity)) bytes += stats.blocks * BLOCK_BYTES;
    seen.add(identity);
    if (entry.isDirectory()) bytes += await diskUsage(path, seen);
  }
  return bytes;
}
