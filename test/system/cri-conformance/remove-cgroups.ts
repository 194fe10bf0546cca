import { readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/** Removes an empty cgroup that a runtime made because it was named, in each hierarchy. */
export function removeCgroups(path: string): void {
  for (const root of [ROOT, ...readdirSync(ROOT).map((name) => join(ROOT, name))]) {
    try {
      rmdirSync(join(root, path));
    } catch {
      // Not in this one.
    }
  }
}
