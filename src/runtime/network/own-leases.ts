import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rm } from '../linux/files.ts';

/** Those that a sandbox still has of these addresses, as host-local writes them: a file named like the address, the owner's id first in it. */
export async function removeLeases(
  directory: string,
  sandboxId: string,
  addresses: readonly string[],
): Promise<void> {
  for (const address of addresses) {
    const path = join(directory, address);
    const owner = await readFile(path, 'utf8').catch(() => '');
    if (owner.split(/\s/)[0] === sandboxId) await rm(path, { force: true });
  }
}
