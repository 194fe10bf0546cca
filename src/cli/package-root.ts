import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this package, whether its sources run or what was built of them. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
