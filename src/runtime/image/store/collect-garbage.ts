import { join } from 'node:path';
import { tryLockFile } from '../../linux/lock-file.ts';
import { hexOf } from '../digest.ts';
import { listImageRecords, listNames, removeName } from './image-records.ts';
import { listLayers } from './layers.ts';
import { namesIn, type StoreFiles } from './store-files.ts';
import { collectTemporaries, makeTemporaryDirectory } from './temporary-directory.ts';
import { rename, rm } from '../../linux/files.ts';

/** Held shared by whoever adds to the store, alone by whoever takes away. */
export const STORE_LOCK = 'store';

/**
 * Deletes what no image refers to. Does nothing while anybody adds to the store.
 * @returns whether it was done
 */
export async function collectGarbage(files: StoreFiles, signal?: AbortSignal): Promise<boolean> {
  await collectTemporaries(files);
  using held = tryLockFile(files.lock(STORE_LOCK));
  if (held === undefined) return false;
  const images = await listImageRecords(files);
  const ids = new Set(images.map(({ id }) => id));
  for (const { name, id } of await listNames(files)) if (!ids.has(id)) await removeName(files, name);
  await removeLayers(files, new Set(images.flatMap(({ layers }) => layers).map(hexOf)), signal);
  const blobs = new Set(images.flatMap(({ id, manifests }) => [id, ...manifests]).map(hexOf));
  await removeOthers(files.blobs, (name) => blobs.has(name));
  for (const directory of [files.images, files.names]) {
    await removeOthers(directory, (name) => name.endsWith('.json'));
  }
  return true;
}

/** Each goes out of sight by one rename first, so that a crash leaves no half of a layer under its name. */
async function removeLayers(
  files: StoreFiles,
  kept: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<void> {
  for (const diffId of await listLayers(files)) {
    signal?.throwIfAborted();
    if (kept.has(hexOf(diffId))) continue;
    await using doomed = await makeTemporaryDirectory(files);
    await rename(files.layer(diffId), join(doomed.path, 'layer'));
  }
}

async function removeOthers(directory: string, isKept: (name: string) => boolean): Promise<void> {
  for (const name of await namesIn(directory)) {
    if (!isKept(name)) await rm(join(directory, name), { force: true });
  }
}
