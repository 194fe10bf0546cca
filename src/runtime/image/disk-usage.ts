import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listLayers, readLayerRecord } from './store/layers.ts';
import type { StoreFiles } from './store/store-files.ts';

/** What all layers, blobs and records take, without walking through the layers: each says what it holds. */
export async function diskUsage(files: StoreFiles): Promise<{ usedBytes: number; usedInodes: number }> {
  let usedBytes = 0;
  let usedInodes = 0;
  for (const diffId of await listLayers(files)) {
    const record = await readLayerRecord(files, diffId);
    usedBytes += record?.sizeBytes ?? 0;
    usedInodes += record?.entries ?? 0;
  }
  for (const directory of [files.blobs, files.images, files.names]) {
    for (const name of await readdir(directory)) {
      const found = await stat(join(directory, name)).catch(() => undefined);
      usedBytes += found?.size ?? 0;
      usedInodes += found === undefined ? 0 : 1;
    }
  }
  return { usedBytes, usedInodes };
}
