import { createReadStream, lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { createWriteStream, rename, rm } from '../linux/files.ts';

export interface RotationPolicy {
  /** A log greater than this is rotated. */
  maxBytes: number;
  /** How many files stay, with the one being written. */
  maxFiles: number;
}

/** The kubelet's `containerLogMaxSize` and `containerLogMaxFiles`. */
export const DEFAULT_ROTATION: RotationPolicy = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 };

/**
 * Rotates one container's log as the kubelet does, when it has grown too large: `0.log` is renamed to `0.log.<time>`, the writer
 * opens a new `0.log`, older ones are compressed to `0.log.<time>.gz`, and the oldest deleted. The newest old one
 * stays as it is, for readers that still follow it. What an interrupted call left is cleared by the next.
 * @param nowMs milliseconds since the epoch, for the name
 * @param reopen makes the writer open the path anew; when it fails the renaming is undone
 * @returns whether the log was rotated
 */
export async function rotateLog(
  path: string,
  nowMs: number,
  reopen: () => Promise<void>,
  policy: RotationPolicy = DEFAULT_ROTATION,
): Promise<boolean> {
  // Of all logs of a node most are small: to look takes less than to wait for it.
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size < policy.maxBytes) return false;
  const kept = await removeOld(await rotatedLogs(path), policy.maxFiles - 2);
  for (const old of kept) if (!old.endsWith('.gz')) await compress(old);
  const rotated = `${path}.${timestamp(nowMs)}`;
  await rename(path, rotated);
  try {
    await reopen();
  } catch (error) {
    await rename(rotated, path);
    throw error;
  }
  return true;
}

/** The rotated files of a log, oldest first, without leftovers of an interrupted compression, which are deleted. */
async function rotatedLogs(path: string): Promise<string[]> {
  const directory = dirname(path);
  const prefix = `${basename(path)}.`;
  const names = (await readdir(directory)).filter((name) => name.startsWith(prefix));
  for (const name of names.filter((name) => name.endsWith('.tmp')))
    await rm(join(directory, name), { force: true });
  const finished = names.filter((name) => !name.endsWith('.tmp'));
  const uncompressedTwins = finished.filter((name) => finished.includes(`${name}.gz`));
  for (const name of uncompressedTwins) await rm(join(directory, name), { force: true });
  return finished
    .filter((name) => !uncompressedTwins.includes(name))
    .sort()
    .map((name) => join(directory, name));
}

async function removeOld(rotated: string[], keep: number): Promise<string[]> {
  const surplus = Math.max(0, rotated.length - Math.max(0, keep));
  for (const old of rotated.slice(0, surplus)) await rm(old, { force: true });
  return rotated.slice(surplus);
}

async function compress(path: string): Promise<void> {
  const unfinished = `${path}.tmp`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(unfinished, { mode: 0o640 }));
  await rename(unfinished, `${path}.gz`);
  await rm(path, { force: true });
}

/** `20260102-150405.678`: sorts by time; the milliseconds keep two rotations within a second apart. */
function timestamp(nowMs: number): string {
  const [date = '', time = ''] = new Date(nowMs).toISOString().split('T');
  return `${date.replaceAll('-', '')}-${time.replaceAll(':', '').replace('Z', '')}`;
}
