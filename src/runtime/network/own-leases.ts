import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rm } from '../linux/files.ts';

const SANDBOX = /^[0-9a-f]{64}$/;

/**
 * Takes away the leases that a sandbox still has of its addresses, as host-local writes them: a file named like the address, the owner's id
 * first in it. One that names nobody any more is its own too.
 */
export async function removeLeases(
  directory: string,
  sandboxId: string,
  addresses: readonly string[],
): Promise<void> {
  for (const address of addresses) {
    const path = join(directory, address);
    const text = await readFile(path, 'latin1').catch(() => undefined);
    const [owner = ''] = text?.split(/\s/) ?? [];
    if (text !== undefined && (owner === sandboxId || !SANDBOX.test(owner))) await rm(path, { force: true });
  }
}
