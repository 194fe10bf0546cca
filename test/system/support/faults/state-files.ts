import { chmodSync, lstatSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a loss of power or a bad disk leaves of a file. */
export const DAMAGES: Record<string, (content: Buffer) => Buffer | string> = {
  emptied: () => '',
  'cut in half': (content) => content.subarray(0, content.length / 2),
  overwritten: (content) => Buffer.alloc(content.length, 0xa5),
  'an empty object': () => '{}',
  "another version's": (content) => content.toString('latin1').replace('"version":1', '"version":99'),
};

/** All that peapod wrote for itself: what users write is theirs, and what the OCI runtime keeps on a tmpfs is its own. */
export function stateFiles(): string[] {
  const below = (directory: string): string[] =>
    readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory())
        return /^(fs|rootfs|upper|merged|logs|empty-dir|shm|oci)$/.test(entry.name) ? [] : below(path);
      return entry.isFile() && !/\.(lock|log)$/.test(entry.name) ? [path] : [];
    });
  return ['/run/peapod', '/var/lib/peapod'].flatMap(below);
}

/** Another file in its place, as whoever has cached the old one would see it. */
export function replaceFile(path: string, content: Buffer): void {
  const { mode } = lstatSync(path, { throwIfNoEntry: false }) ?? { mode: 0o600 };
  writeFileSync(`${path}.damaged`, content);
  chmodSync(`${path}.damaged`, mode & 0o777);
  renameSync(`${path}.damaged`, path);
}
