import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { PeapodError } from '../../../model/errors.ts';
import { errorCode } from './layer-directory.ts';
import { ByteSource } from './byte-source.ts';

const CHUNK_BYTES = 64 * 1024;
const LONGEST_MAGIC = 6;

/**
 * The stream as it was before it was compressed, told by its first bytes rather than by what anybody calls it.
 * @throws PeapodError ImageCorrupt for damaged or cut-off data, Unsupported for bzip2 and xz
 */
export async function* decompress(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const source = new ByteSource(stream);
  try {
    const start = await source.read(LONGEST_MAGIC);
    const transform = transformFor(start);
    if (transform === undefined) yield* bytesOf(start, source);
    else yield* through(bytesOf(start, source), transform);
  } finally {
    await source.close();
  }
}

function transformFor(start: Buffer): Transform | undefined {
  if (start.subarray(0, 2).equals(Buffer.from([0x1f, 0x8b]))) return createGunzip({ chunkSize: CHUNK_BYTES });
  if (start.subarray(0, 4).equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]))) {
    return createZstdDecompress({ chunkSize: CHUNK_BYTES });
  }
  if (start.toString('latin1', 0, 3) === 'BZh') throw unsupported('bzip2');
  if (start.toString('latin1') === '\xfd7zXZ\0') throw unsupported('xz');
  return undefined;
}

async function* through(input: AsyncIterable<Buffer>, transform: Transform): AsyncGenerator<Buffer> {
  let inputError: unknown;
  const watched = (async function* () {
    try {
      yield* input;
    } catch (error) {
      inputError = error;
      throw error;
    }
  })();
  const output = pipeline(Readable.from(watched, { objectMode: false }), transform, () => {});
  try {
    for await (const chunk of output) yield chunk as Buffer;
  } catch (error) {
    if (inputError !== undefined) throw inputError;
    const code = errorCode(error) ?? '';
    if (!code.startsWith('Z_') && !code.startsWith('ZSTD_') && !code.startsWith('ERR_ZSTD')) throw error;
    throw new PeapodError(
      'ImageCorrupt',
      `compressed data is damaged or cut off: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

async function* bytesOf(start: Buffer, source: ByteSource): AsyncGenerator<Buffer> {
  if (start.length > 0) yield start;
  for (;;) {
    const chunk = await source.readSome(CHUNK_BYTES);
    if (chunk === undefined) return;
    yield chunk;
  }
}

function unsupported(kind: string): PeapodError {
  return new PeapodError(
    'Unsupported',
    `archive is compressed with ${kind}, which is not supported; gzip and zstd are`,
  );
}
