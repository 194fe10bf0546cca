/** Writes tar archives for tests, hostile ones too: nothing is checked, every byte is as the caller says. */
import { readFileSync } from 'node:fs';

export type TarEntryType =
  | 'file'
  | 'link'
  | 'symlink'
  | 'character-device'
  | 'block-device'
  | 'directory'
  | 'fifo';

export interface TarEntry {
  /** Written as it is. Directories need no trailing slash. */
  name: string;
  /** `file` unless told. */
  type?: TarEntryType;
  content?: string | Uint8Array;
  /** A file of this machine whose bytes are the content. */
  from?: string;
  linkname?: string;
  /** 0755 for directories, 0644 for the rest, unless told. */
  mode?: number;
  uid?: number;
  gid?: number;
  /** Seconds since the epoch; fractions go to a PAX record. 0 unless told. */
  mtime?: number;
  devmajor?: number;
  devminor?: number;
  /** Extended attributes, written as `SCHILY.xattr.` records. */
  xattrs?: Record<string, Uint8Array>;
  /** Further PAX records, written as they are. */
  pax?: Record<string, string>;
}

const TYPE_FLAGS: Record<TarEntryType, string> = {
  file: '0',
  link: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
};

export function writeTar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(entryBlocks), Buffer.alloc(1024)]);
}

function entryBlocks(entry: TarEntry): Buffer[] {
  const type = entry.type ?? 'file';
  const content = contentOf(entry);
  const pax = paxRecords(entry);
  const blocks: Buffer[] = [];
  if (pax.length > 0) blocks.push(header({ name: 'pax' }, 'x', pax.length), padded(pax));
  blocks.push(header(entry, TYPE_FLAGS[type], content.length), padded(content));
  return blocks;
}

function contentOf(entry: TarEntry): Buffer {
  if (entry.from !== undefined) return readFileSync(entry.from);
  return Buffer.from(entry.content ?? '');
}

function paxRecords(entry: TarEntry): Buffer {
  const records: Buffer[] = [];
  if (Buffer.byteLength(entry.name) > 100) records.push(paxRecord('path', Buffer.from(entry.name)));
  if (Buffer.byteLength(entry.linkname ?? '') > 100) {
    records.push(paxRecord('linkpath', Buffer.from(entry.linkname ?? '')));
  }
  if (!Number.isInteger(entry.mtime ?? 0)) {
    records.push(paxRecord('mtime', Buffer.from(String(entry.mtime))));
  }
  for (const [name, value] of Object.entries(entry.xattrs ?? {})) {
    records.push(paxRecord(`SCHILY.xattr.${name}`, Buffer.from(value)));
  }
  for (const [name, value] of Object.entries(entry.pax ?? {})) {
    records.push(paxRecord(name, Buffer.from(value)));
  }
  return Buffer.concat(records);
}

function paxRecord(key: string, value: Buffer): Buffer {
  const bare = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = bare.length;
  while (String(length).length + bare.length !== length) length = String(length).length + bare.length;
  return Buffer.concat([Buffer.from(String(length)), bare]);
}

function header(entry: TarEntry, typeFlag: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write(entry.name, 0, 100);
  block.write(octal(entry.mode ?? (typeFlag === '5' ? 0o755 : 0o644), 7), 100);
  writeNumber(block, 108, 8, entry.uid ?? 0);
  writeNumber(block, 116, 8, entry.gid ?? 0);
  writeNumber(block, 124, 12, size);
  block.write(octal(Math.floor(entry.mtime ?? 0), 11), 136);
  block.write('        ', 148);
  block.write(typeFlag, 156);
  block.write(entry.linkname ?? '', 157, 100);
  block.write('ustar\x0000', 257);
  block.write(octal(entry.devmajor ?? 0, 7), 329);
  block.write(octal(entry.devminor ?? 0, 7), 337);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

/** In octal where that fits, else base-256 as GNU tar does. */
function writeNumber(block: Buffer, offset: number, length: number, value: number): void {
  if (value < 8 ** (length - 1)) {
    block.write(octal(value, length - 1), offset);
    return;
  }
  block[offset] = 0x80;
  block.writeUIntBE(value, offset + length - 6, 6);
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}
