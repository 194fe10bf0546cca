import { PeapodError } from '../../../model/errors.ts';

/** One entry of a tar archive. Names are byte strings: one character for each byte, whatever its encoding. */
export interface TarHeader {
  name: string;
  /** As in the header: `0` file, `1` hard link, `2` symlink, `3` character and `4` block device, `5` directory, `6` fifo. */
  type: string;
  linkName: string;
  mode: number;
  uid: number;
  gid: number;
  /** Of the content that follows. */
  sizeBytes: number;
  mtime: TarTime;
  deviceMajor: number;
  deviceMinor: number;
  xattrs: Map<string, Buffer>;
}

export interface TarTime {
  seconds: number;
  nanoseconds: number;
}

export const BLOCK_BYTES = 512;

/**
 * Reads one header block as ustar and GNU tar write it.
 * @returns nothing for a block of zeros, which ends an archive
 * @throws PeapodError ImageCorrupt
 */
export function readTarHeader(block: Buffer): TarHeader | undefined {
  const sum = checksum(block);
  if (sum === 8 * 32) return undefined;
  if (sum !== readNumber(block, 148, 8)) throw corrupt('a header has a wrong checksum');
  const magic = block.toString('latin1', 257, 263);
  const prefix = magic === 'ustar\0' ? readText(block, 345, 155) : '';
  const name = readText(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: readType(block),
    linkName: readText(block, 157, 100),
    mode: readNumber(block, 100, 8) & 0o7777,
    uid: readNumber(block, 108, 8),
    gid: readNumber(block, 116, 8),
    sizeBytes: readNumber(block, 124, 12),
    mtime: { seconds: readNumber(block, 136, 12), nanoseconds: 0 },
    deviceMajor: readNumber(block, 329, 8),
    deviceMinor: readNumber(block, 337, 8),
    xattrs: new Map(),
  };
}

export function corrupt(why: string): PeapodError {
  return new PeapodError('ImageCorrupt', `tar archive is damaged: ${why}`);
}

/** Old archives write NUL for a file, and a file whose name ends in a slash for a directory. */
function readType(block: Buffer): string {
  const flag = block[156] ?? 0;
  if (flag === 0 || flag === 0x37) {
    return readText(block, 0, 100).endsWith('/') ? '5' : '0';
  }
  return String.fromCharCode(flag);
}

function readText(block: Buffer, offset: number, length: number): string {
  const end = block.indexOf(0, offset);
  return block.toString('latin1', offset, end < 0 || end > offset + length ? offset + length : end);
}

/** Octal digits, or base-256 when the first bit is set. */
function readNumber(block: Buffer, offset: number, length: number): number {
  const first = block[offset] ?? 0;
  if ((first & 0x80) !== 0) return readBase256(block.subarray(offset, offset + length));
  const text = readText(block, offset, length).trim();
  if (text === '') return 0;
  if (!/^[0-7]+$/.test(text)) throw corrupt(`a header has a bad number ${JSON.stringify(text)}`);
  return Number.parseInt(text, 8);
}

function readBase256(bytes: Buffer): number {
  const negative = ((bytes[0] ?? 0) & 0x40) !== 0;
  let value = BigInt(`0x${bytes.toString('hex')}`) & ((1n << BigInt(bytes.length * 8 - 1)) - 1n);
  if (negative) value -= 1n << BigInt(bytes.length * 8 - 1);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw corrupt('a number in a header is too large');
  return number;
}

/** The sum of the block's bytes, its own field taken as blanks. */
function checksum(block: Buffer): number {
  let sum = 8 * 32;
  for (let i = 0; i < 148; i++) sum += block[i] ?? 0;
  for (let i = 156; i < BLOCK_BYTES; i++) sum += block[i] ?? 0;
  return sum;
}
