import { execFileSync } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The machine's kubectl, or where several versions lie beside it, an old and a new one. Empty when there is none. */
export function kubectlVersions(): string[] {
  try {
    const program = execFileSync('/bin/sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' }).trim();
    const folder = dirname(realpathSync(program));
    const versions = readdirSync(folder)
      .filter((name) => /^kubectl\.1\.\d+$/.test(name))
      .sort()
      .map((name) => join(folder, name));
    const ends = [versions[0], versions.at(-1)].filter((path) => path !== undefined);
    return ends.length > 0 ? ends : [program];
  } catch {
    return [];
  }
}
