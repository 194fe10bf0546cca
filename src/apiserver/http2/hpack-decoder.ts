/** Reads the header blocks of one connection. @see RFC 7541 */
import { Http2Error } from './http2-error.ts';
import { decodeHuffman } from './huffman.ts';
import { STATIC_TABLE } from './static-table.ts';

type Header = readonly [name: string, value: string];

/** What the table may hold, in bytes: what clients may reckon with when they are told nothing. */
const TABLE_BYTES = 4096;
/** How much a header takes in the table beside its letters. */
const HEADER_BYTES = 32;

export class HpackDecoder {
  /** The newest last. */
  readonly #table: Header[] = [];
  #tableBytes = 0;
  #mostBytes = TABLE_BYTES;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /**
   * Tells each header of a block, in its order.
   * @throws Http2Error COMPRESSION_ERROR: with it the connection is lost
   */
  decode(block: Buffer, take: (name: string, value: string) => void): void {
    this.#block = block;
    this.#at = 0;
    for (let isBegin = true; this.#at < block.length; ) {
      const first = block[this.#at] ?? 0;
      if (first >= 0x80) take(...this.#entry(this.#integer(7)));
      else if (first >= 0x40) {
        const header = this.#literal(6);
        this.#remember(header);
        take(...header);
      } else if (first >= 0x20) {
        if (!isBegin) throw broken('the size of the table changes in the middle of a block');
        this.#resize(this.#integer(5));
        continue;
      } else take(...this.#literal(4));
      isBegin = false;
    }
  }

  #entry(index: number): Header {
    const header =
      index <= STATIC_TABLE.length
        ? STATIC_TABLE[index - 1]
        : this.#table[this.#table.length - (index - STATIC_TABLE.length)];
    if (header === undefined) throw broken(`there is no header ${index}`);
    return header;
  }

  #literal(prefixBits: number): Header {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string() : this.#entry(index)[0];
    return [name, this.#string()];
  }

  #integer(prefixBits: number): number {
    const most = 2 ** prefixBits - 1;
    let value = (this.#block[this.#at++] ?? 0) & most;
    if (value < most) return value;
    for (let factor = 1; factor <= 2 ** 21; factor *= 128) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) throw broken('a number is not whole');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw broken('a number is too large');
  }

  #string(): string {
    const isShortened = (this.#block[this.#at] ?? 0) >= 0x80;
    const length = this.#integer(7);
    const begin = this.#at;
    const end = begin + length;
    if (end > this.#block.length) throw broken('a string is not whole');
    this.#at = end;
    if (!isShortened) return this.#block.toString('latin1', begin, end);
    const text = decodeHuffman(this.#block, begin, end);
    if (text === undefined) throw broken('a string is no Huffman code');
    return text;
  }

  #remember(header: Header): void {
    this.#tableBytes += sizeOf(header);
    this.#table.push(header);
    this.#evict();
  }

  #resize(bytes: number): void {
    if (bytes > TABLE_BYTES) throw broken(`the table would be larger than ${TABLE_BYTES}`);
    this.#mostBytes = bytes;
    this.#evict();
  }

  #evict(): void {
    while (this.#tableBytes > this.#mostBytes) {
      const oldest = this.#table.shift();
      if (oldest === undefined) break;
      this.#tableBytes -= sizeOf(oldest);
    }
  }
}

function sizeOf([name, value]: Header): number {
  return name.length + value.length + HEADER_BYTES;
}

function broken(message: string): Http2Error {
  return new Http2Error('COMPRESSION_ERROR', message);
}
