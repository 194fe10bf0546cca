import { PeapodError } from '../../../model/errors.ts';
import { ByteSource } from './byte-source.ts';
import { applyPaxRecords, readPaxRecords } from './pax-records.ts';
import { BLOCK_BYTES, corrupt, readTarHeader, type TarHeader } from './tar-header.ts';

export interface TarEntryBody {
  /** The next piece of the entry's content; nothing after the last. */
  next(): Promise<Buffer | undefined>;
}

/** A name or a set of attributes that is larger than this is an attack on our memory. */
const MAX_EXTENSION_BYTES = 1024 * 1024;

/** Content is asked for in pieces of at most this size. */
const PIECE_BYTES = 1024 * 1024;

/**
 * Reads a tar archive in one pass: ustar, GNU long names and PAX. What a caller leaves of an entry's content is skipped;
 * bytes after the archive's end are read and dropped, so that a digest over the stream covers them.
 *
 * Our own rather than a library's, because extended attributes (`security.capability`) are binary and have to arrive unharmed.
 * @throws PeapodError ImageCorrupt, also when the stream ends too early; Unsupported for sparse files
 */
export async function* readTar(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ header: TarHeader; body: TarEntryBody }> {
  const source = new ByteSource(stream);
  try {
    for (;;) {
      const header = await readEntryHeader(source);
      if (header === undefined) break;
      const body = new Body(source, hasContent(header.type) ? header.sizeBytes : 0);
      yield { header, body };
      await body.skipRest();
    }
    while ((await source.readSome(PIECE_BYTES)) !== undefined);
  } finally {
    await source.close();
  }
}

/** The next real entry's header, with the extension headers before it applied. */
async function readEntryHeader(source: ByteSource): Promise<TarHeader | undefined> {
  let longName: string | undefined;
  let longLink: string | undefined;
  let pax: Map<string, Buffer> | undefined;
  for (;;) {
    const block = await source.read(BLOCK_BYTES);
    if (block.length === 0 && longName === undefined && longLink === undefined && pax === undefined) {
      return undefined;
    }
    if (block.length < BLOCK_BYTES) throw corrupt('it ends within a header');
    const header = readTarHeader(block);
    if (header === undefined) return undefined;
    if (header.sizeBytes < 0) throw corrupt('an entry has a negative size');
    if (header.type === 'L') longName = untilNul(await readExtension(source, header));
    else if (header.type === 'K') longLink = untilNul(await readExtension(source, header));
    else if (header.type === 'x') pax = readPaxRecords(await readExtension(source, header));
    else if (header.type === 'g') await readExtension(source, header);
    else {
      if (longName !== undefined) header.name = longName;
      if (longLink !== undefined) header.linkName = longLink;
      if (pax !== undefined) applyPaxRecords(header, pax);
      refuseSparse(header);
      return header;
    }
  }
}

async function readExtension(source: ByteSource, header: TarHeader): Promise<Buffer> {
  if (header.sizeBytes > MAX_EXTENSION_BYTES) throw corrupt('an extension header is larger than 1 MiB');
  const padded = Math.ceil(header.sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
  const block = await source.read(padded);
  if (block.length < padded) throw corrupt('it ends within an extension header');
  return block.subarray(0, header.sizeBytes);
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}

function refuseSparse(header: TarHeader): void {
  if (header.type !== 'S') return;
  throw new PeapodError(
    'Unsupported',
    `tar archive holds a sparse file (${header.name}), which is not supported`,
  );
}

/** Links, devices, directories and fifos have none, whatever size they claim. */
function hasContent(type: string): boolean {
  return !'123456'.includes(type);
}

class Body implements TarEntryBody {
  readonly #source: ByteSource;
  readonly #padding: number;
  #left: number;
  #ended = false;

  constructor(source: ByteSource, sizeBytes: number) {
    this.#source = source;
    this.#left = sizeBytes;
    this.#padding = (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
  }

  async next(): Promise<Buffer | undefined> {
    if (this.#left === 0) return undefined;
    const piece = await this.#source.readSome(Math.min(this.#left, PIECE_BYTES));
    if (piece === undefined) throw corrupt('it ends within an entry');
    this.#left -= piece.length;
    return piece;
  }

  async skipRest(): Promise<void> {
    while ((await this.next()) !== undefined);
    if (this.#ended || this.#padding === 0) return;
    this.#ended = true;
    const padding = await this.#source.read(this.#padding);
    if (padding.length < this.#padding) throw corrupt('it ends within an entry');
  }
}
