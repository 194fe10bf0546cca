import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../runtime/linux/write-file-atomic.ts';

/**
 * The name under which a server holds leases, as client-go makes it. It stays the same when the server starts again, since no other
 * has this directory: what it held when it died it holds on to.
 */
export async function serverIdentity(directory: string, nodeName: string): Promise<string> {
  const path = join(directory, 'identity');
  const present = await readFile(path, 'utf8').catch(() => '');
  const uuid = /^[0-9a-f-]{36}$/.test(present.trim()) ? present.trim() : randomUUID();
  if (uuid !== present.trim()) await writeFileAtomic(path, `${uuid}\n`, { mode: 0o600, durable: true });
  return `${nodeName}_${uuid}`;
}
