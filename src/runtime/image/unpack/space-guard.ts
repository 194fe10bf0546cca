import { statfsSync } from 'node:fs';
import { PeapodError } from '../../../model/errors.ts';

export interface SpaceLimits {
  /** Of one layer, unpacked. */
  maxLayerBytes: number;
  maxLayerEntries: number;
  /** What has to stay free on the file system. */
  reserveBytes: number;
}

export const DEFAULT_SPACE_LIMITS: SpaceLimits = {
  maxLayerBytes: 64 * 1024 ** 3,
  maxLayerEntries: 5_000_000,
  reserveBytes: 64 * 1024 ** 2,
};

const CHECK_EVERY_BYTES = 32 * 1024 ** 2;
const CHECK_EVERY_ENTRIES = 4096;

/** Stops a layer that would fill the disk, or unpack to more than anybody means, before it has. */
export class SpaceGuard {
  readonly #directory: string;
  readonly #limits: SpaceLimits;
  #uncheckedBytes = 0;
  #entries = 0;
  /** Written so far. */
  bytes = 0;

  constructor(directory: string, limits: SpaceLimits) {
    this.#directory = directory;
    this.#limits = limits;
    this.#checkFree();
  }

  /** To be called before so many bytes are written. */
  write(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes > this.#limits.maxLayerBytes) {
      throw new PeapodError(
        'ImageCorrupt',
        `a layer unpacks to more than ${this.#limits.maxLayerBytes} bytes`,
      );
    }
    this.#uncheckedBytes += bytes;
    if (this.#uncheckedBytes < CHECK_EVERY_BYTES) return;
    this.#uncheckedBytes = 0;
    this.#checkFree();
  }

  entry(): void {
    this.#entries++;
    if (this.#entries > this.#limits.maxLayerEntries) {
      throw new PeapodError('ImageCorrupt', `a layer has more than ${this.#limits.maxLayerEntries} entries`);
    }
    if (this.#entries % CHECK_EVERY_ENTRIES === 0) this.#checkFree();
  }

  #checkFree(): void {
    const { bavail, bsize } = statfsSync(this.#directory);
    if (bavail * bsize >= this.#limits.reserveBytes) return;
    throw new PeapodError('NoSpace', `no space left on the file system of ${this.#directory}`, {
      hint: 'remove images that are not needed: peapod rmi',
    });
  }
}
