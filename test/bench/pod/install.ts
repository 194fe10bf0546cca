import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const REPOSITORY = join(import.meta.dirname, '../../..');

/**
 * Builds the program and lays it out as npm does for its users: in a clone the launcher looks at each start whether a source is newer.
 * @returns the launcher
 */
export function install(directory: string): string {
  execFileSync(process.execPath, ['tools/build.ts'], { cwd: REPOSITORY });
  const home = join(directory, 'package');
  mkdirSync(home);
  for (const file of ['peapod', 'package.json']) copyFileSync(join(REPOSITORY, file), join(home, file));
  for (const folder of ['dist', 'node_modules']) symlinkSync(join(REPOSITORY, folder), join(home, folder));
  return join(home, 'peapod');
}
