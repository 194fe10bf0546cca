import { posix } from 'node:path';
import type { KeyToPath } from '../../../model/api/types.ts';
import { badVolume } from '../volume-failure.ts';

export interface PayloadFile {
  data: Buffer;
  mode: number;
  /** Absent: root's. */
  uid?: number;
}

/** What the files of a volume hold, by path relative to the volume. */
export type Payload = Map<string, PayloadFile>;

export const DEFAULT_MODE = 0o644;
const MAX_PATH_BYTES = 4096;
const MAX_NAME_BYTES = 255;

/** A reference to the keys of an object, as a volume or a projection has it. */
export interface KeysReference {
  items?: readonly KeyToPath[];
  optional?: boolean;
}

/**
 * The chosen keys of an object, or all.
 * @param missingKey what the message says before the key's name
 * @throws PeapodError VolumeError for a key that is not there and not optional
 */
export function keysPayload(
  { items, optional }: KeysReference,
  data: ReadonlyMap<string, Buffer>,
  mode: number,
  missingKey: string,
): Payload {
  if (items === undefined || items.length === 0)
    return new Map([...data].map(([key, value]) => [checkedPath(key), { data: value, mode }]));
  const payload: Payload = new Map();
  for (const item of items) {
    const value = data.get(item.key);
    if (value !== undefined) payload.set(checkedPath(item.path), { data: value, mode: item.mode ?? mode });
    else if (optional !== true) throw badVolume(`${missingKey}: ${item.key}`);
  }
  return payload;
}

/** Below the volume, and nowhere else. @see kubernetes/pkg/volume/util/atomic_writer.go validatePath */
export function checkedPath(path: string): string {
  const names = path.split('/');
  const long =
    Buffer.byteLength(path) > MAX_PATH_BYTES || names.some((n) => Buffer.byteLength(n) > MAX_NAME_BYTES);
  const normal = posix.normalize(path).replace(/\/$/, '');
  if (path.startsWith('/') || path.startsWith('..') || path.includes('\0') || names.includes('..') || long)
    throw badVolume(`invalid path ${JSON.stringify(path)}: must be relative and stay within the volume`);
  if (normal === '' || normal === '.')
    throw badVolume(`invalid path ${JSON.stringify(path)}: must not be empty`);
  return normal;
}

/** @throws PeapodError VolumeError when one file would have to be another's directory */
export function checkedPayload(payload: Payload): Payload {
  for (const path of payload.keys()) {
    for (let parent = posix.dirname(path); parent !== '.'; parent = posix.dirname(parent)) {
      if (payload.has(parent))
        throw badVolume(`path "${parent}" is both a file and the directory of "${path}"`);
    }
  }
  return payload;
}
