import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { PeapodError } from '../../../model/errors.ts';
import { errorCode } from '../unpack/layer-directory.ts';

const CHUNK_BYTES = 128 * 1024;

/**
 * The bytes of a file that the user names, or of a stream.
 * @throws PeapodError NotFound, Invalid for what is no file
 */
export async function* archiveBytes(archive: Readable | string): AsyncGenerator<Uint8Array> {
  if (typeof archive !== 'string') {
    yield* archive;
    return;
  }
  try {
    yield* createReadStream(archive, { highWaterMark: CHUNK_BYTES });
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') throw new PeapodError('NotFound', `no such file: ${archive}`, { cause: error });
    if (code === 'EISDIR') throw new PeapodError('Invalid', `${archive} is a directory`, { cause: error });
    throw error;
  }
}
