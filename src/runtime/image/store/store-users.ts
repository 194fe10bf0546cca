/**
 * Who uses the images of a store besides the runtime that it lies beside: `users/<hash>` tells a containers' directory each.
 * An image is removed only when no container of any of them stands on it.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../../linux/write-file-atomic.ts';
import type { RuntimePaths } from '../../paths.ts';
import { mkdir, rm } from '../../linux/files.ts';

type Paths = Pick<RuntimePaths, 'images' | 'containers'>;

/** To be called before the first container is made; nothing happens where it is known already. */
export async function registerStoreUser({ images, containers }: Paths): Promise<void> {
  if (containers === besides(images)) return;
  const directory = join(images, 'users');
  const path = join(directory, createHash('sha256').update(containers).digest('hex').slice(0, 16));
  if (existsSync(path)) return;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFileAtomic(path, containers);
}

/** The containers' directories of all who use the store. Who is gone with all its state is forgotten. */
export async function storeUsers({ images, containers }: Paths): Promise<string[]> {
  const users = new Set([containers, besides(images)]);
  const directory = join(images, 'users');
  for (const name of await readdir(directory).catch((): string[] => [])) {
    const user = await readFile(join(directory, name), 'utf8').catch(() => '');
    if (user === '') continue;
    if (existsSync(dirname(user))) users.add(user);
    else await rm(join(directory, name), { force: true });
  }
  return [...users];
}

function besides(images: string): string {
  return join(dirname(images), 'containers');
}
