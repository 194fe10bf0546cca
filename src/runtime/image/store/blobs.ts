import { readFile } from 'node:fs/promises';
import { PeapodError } from '../../../model/errors.ts';
import { writeFileAtomic } from '../../linux/write-file-atomic.ts';
import { type Digest, digestOf } from '../digest.ts';
import { errorCode } from '../unpack/layer-directory.ts';
import type { StoreFiles } from './store-files.ts';

/** Stores bytes under their digest. Idempotent. It lies on the disk for good once the file system was synced. */
export async function writeBlob(files: StoreFiles, bytes: Uint8Array): Promise<Digest> {
  const digest = digestOf(bytes);
  await writeFileAtomic(files.blob(digest), bytes, { durable: false });
  return digest;
}

/**
 * The bytes with this digest; nothing when they are not there.
 * @throws PeapodError ImageCorrupt when the disk gives others back
 */
export async function readBlob(files: StoreFiles, digest: Digest): Promise<Buffer | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(files.blob(digest));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (digestOf(bytes) === digest) return bytes;
  throw new PeapodError('ImageCorrupt', `stored blob ${digest} is damaged`, {
    hint: `delete ${files.blob(digest)} and pull the image again`,
  });
}
