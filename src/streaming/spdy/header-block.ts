import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { SpdyProtocolError } from './frame.ts';
import { HEADER_DICTIONARY, HEADER_DICTIONARY_ID } from './header-dictionary.ts';

/** Names are in lower case on the wire. */
export type Headers = ReadonlyMap<string, string>;

const ZLIB_HEAD_BYTES = 6;
const DEFLATE = 8;
const FLAG_DICTIONARY = 0x20;
/** What zlib looks back upon. */
const WINDOW_BYTES = 32 * 1024;
const BLOCK_BYTES = 64 * 1024;

/**
 * Compresses the header blocks of one direction of a connection. They are pieces of one zlib stream, each flushed to a whole byte, so
 * that nothing but the text before it has to be kept between two of them.
 */
export class HeaderCompressor {
  #window = HEADER_DICTIONARY;
  #first = true;

  compress(headers: Headers): Buffer {
    const block = encodeHeaders(headers);
    const compressed = deflateRawSync(block, {
      dictionary: this.#window,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    this.#window = tail(this.#window, block);
    if (!this.#first) return compressed;
    this.#first = false;
    return Buffer.concat([zlibHead(), compressed]);
  }
}

/** The other direction; memory and output are bounded, whatever comes. */
export class HeaderDecompressor {
  #window = HEADER_DICTIONARY;
  #first = true;

  /** @throws SpdyProtocolError */
  decompress(compressed: Buffer): Headers {
    let body = compressed;
    if (this.#first) {
      checkZlibHead(compressed);
      body = compressed.subarray(ZLIB_HEAD_BYTES);
      this.#first = false;
    }
    let block: Buffer;
    try {
      block = inflateRawSync(body, {
        dictionary: this.#window,
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: BLOCK_BYTES,
      });
    } catch (error) {
      throw new SpdyProtocolError('header block that cannot be decompressed', { cause: error });
    }
    this.#window = tail(this.#window, block);
    return decodeHeaders(block);
  }
}

function tail(window: Buffer, block: Buffer): Buffer {
  const all = Buffer.concat([window, block]);
  return all.length > WINDOW_BYTES ? Buffer.from(all.subarray(-WINDOW_BYTES)) : all;
}

function zlibHead(): Buffer {
  const head = Buffer.alloc(ZLIB_HEAD_BYTES);
  // Deflate with a window of 32 KiB and a dictionary; the low bits make it a multiple of 31.
  head.writeUInt16BE(0x78bb, 0);
  head.writeUInt32BE(HEADER_DICTIONARY_ID, 2);
  return head;
}

function checkZlibHead(block: Buffer): void {
  const isZlib =
    block.length >= ZLIB_HEAD_BYTES &&
    (block.readUInt8(0) & 0xf) === DEFLATE &&
    block.readUInt16BE(0) % 31 === 0 &&
    (block.readUInt8(1) & FLAG_DICTIONARY) !== 0;
  if (!isZlib || block.readUInt32BE(2) !== HEADER_DICTIONARY_ID) {
    throw new SpdyProtocolError("header block without SPDY/3's dictionary");
  }
}

function encodeHeaders(headers: Headers): Buffer {
  const parts = [word(headers.size)];
  for (const [name, value] of headers) {
    for (const text of [name.toLowerCase(), value]) {
      const bytes = Buffer.from(text, 'utf8');
      parts.push(word(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

function decodeHeaders(block: Buffer): Headers {
  let at = 0;
  const number = () => {
    if (at + 4 > block.length) throw new SpdyProtocolError('truncated header block');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = () => {
    const length = number();
    if (length > block.length - at) throw new SpdyProtocolError('truncated header block');
    at += length;
    return block.toString('utf8', at - length, at);
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left--) {
    const name = text();
    if (name === '' || headers.has(name)) throw new SpdyProtocolError('header without a name of its own');
    // Several values stand with a NUL between them.
    headers.set(name.toLowerCase(), text().replaceAll('\0', ','));
  }
  return headers;
}

function word(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}
