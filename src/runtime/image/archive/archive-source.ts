import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** The bytes of a file that the user names, or of a stream. */
export async function* archiveBytes(archive: Readable | string): AsyncGenerator<Uint8Array> {
  yield* typeof archive === 'string' ? createReadStream(archive, { highWaterMark: 128 * 1024 }) : archive;
}
