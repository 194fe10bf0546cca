import { PeapodError } from '../../../model/errors.ts';
import { corrupt, type TarHeader, type TarTime } from './tar-header.ts';

const XATTR_PREFIX = 'SCHILY.xattr.';

/**
 * Reads the records of a PAX header: `<length> <key>=<value>\n`, values as bytes, for extended attributes are binary.
 * @throws PeapodError ImageCorrupt
 */
export function readPaxRecords(block: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  let offset = 0;
  while (offset < block.length) {
    const blank = block.indexOf(0x20, offset);
    const digits = blank < 0 ? '' : block.toString('latin1', offset, blank);
    const length = /^[0-9]{1,8}$/.test(digits) ? Number(digits) : 0;
    const end = offset + length;
    if (blank < 0 || end <= blank + 1 || end > block.length || block[end - 1] !== 0x0a)
      throw corrupt('a bad PAX record');
    const equals = block.indexOf(0x3d, blank + 1);
    if (equals < 0 || equals >= end) throw corrupt('a PAX record without "="');
    records.set(block.toString('latin1', blank + 1, equals), block.subarray(equals + 1, end - 1));
    offset = end;
  }
  return records;
}

/** Puts what PAX records say over what the header says. */
export function applyPaxRecords(header: TarHeader, records: Map<string, Buffer>): void {
  for (const [key, value] of records) {
    const text = value.toString('latin1');
    if (key.startsWith(XATTR_PREFIX)) header.xattrs.set(key.slice(XATTR_PREFIX.length), value);
    else if (key === 'path') header.name = text;
    else if (key === 'linkpath') header.linkName = text;
    else if (key === 'size') header.sizeBytes = readInteger(key, text);
    else if (key === 'uid') header.uid = readInteger(key, text);
    else if (key === 'gid') header.gid = readInteger(key, text);
    else if (key === 'mtime') header.mtime = readTime(text);
    else if (key.startsWith('GNU.sparse.')) {
      throw new PeapodError(
        'Unsupported',
        `tar archive holds a sparse file (${key}), which is not supported`,
      );
    }
  }
}

function readInteger(key: string, text: string): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) throw corrupt(`a bad PAX ${key}`);
  return value;
}

function readTime(text: string): TarTime {
  const match = /^(-?[0-9]{1,15})(?:\.([0-9]*))?$/.exec(text);
  if (match === null) throw corrupt('a bad PAX mtime');
  const seconds = Number(match[1]);
  const nanoseconds = Number((match[2] ?? '').slice(0, 9).padEnd(9, '0'));
  if (!text.startsWith('-') || nanoseconds === 0) return { seconds, nanoseconds };
  return { seconds: seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}
