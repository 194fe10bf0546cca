import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, hexOf } from '../digest.ts';
import { mkdir } from '../../linux/files.ts';

/** How the names of the locks of layers begin, of which each lives as long as the layer is unpacked. */
export const LAYER_LOCK = 'layer-';

/**
 * Where the store keeps what. Everything appears under its name by a rename, so what bears a name is whole; what a crash
 * leaves lies in `tmp` or ends in `.tmp`.
 *
 *     blobs/sha256/<hex>        configurations, manifests and indexes
 *     layers/<hex of diff id>/  layer.json and the unpacked layer, fs/
 *     images/<hex of id>.json   one record for each image
 *     names/<hash>.json         one for each name: tag or digest
 *     locks/                    flocked files
 */
export class StoreFiles {
  readonly root: string;
  readonly blobs: string;
  readonly layers: string;
  readonly images: string;
  readonly names: string;
  readonly locks: string;
  readonly tmp: string;

  constructor(root: string) {
    this.root = root;
    this.blobs = join(root, 'blobs', 'sha256');
    this.layers = join(root, 'layers');
    this.images = join(root, 'images');
    this.names = join(root, 'names');
    this.locks = join(root, 'locks');
    this.tmp = join(root, 'tmp');
  }

  async make(): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    for (const directory of [this.blobs, this.layers, this.images, this.names, this.locks, this.tmp]) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
    }
  }

  blob(digest: Digest): string {
    return join(this.blobs, hexOf(digest));
  }

  layer(diffId: Digest): string {
    return join(this.layers, hexOf(diffId));
  }

  image(id: Digest): string {
    return join(this.images, `${hexOf(id)}.json`);
  }

  name(name: string): string {
    return join(this.names, `${createHash('sha256').update(name).digest('hex')}.json`);
  }

  lock(name: string): string {
    return join(this.locks, `${name}.lock`);
  }
}

/** The names in a directory; none when it is not there. */
export async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
