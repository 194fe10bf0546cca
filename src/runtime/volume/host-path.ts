import { type FileHandle, lstat, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Stats } from 'node:fs';
import type { MadeVolume, VolumeContext } from './volume-context.ts';
import { badVolume } from './volume-failure.ts';
import { mkdir, open } from '../linux/files.ts';

/** A path of the node, checked to be what its type says. @see kubernetes/pkg/volume/hostpath */
export async function makeHostPath({ volume }: Pick<VolumeContext, 'volume'>): Promise<MadeVolume> {
  const { path = '', type = '' } = volume.hostPath ?? {};
  await makeWhenWanted(path, type);
  if (type !== '') check(path, type, await stat(path).catch(() => undefined));
  else await makeDirectoryWhenMissing(path);
  return { hostPath: path, readonly: false, mounted: false };
}

async function makeWhenWanted(path: string, type: string): Promise<void> {
  if (type === 'DirectoryOrCreate') await makeDirectoryWhenMissing(path);
  if (type !== 'FileOrCreate') return;
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'ax', 0o644);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw badVolume(`cannot make ${path}: ${dirname(path)} does not exist`);
    if (code !== 'EEXIST') throw error;
  } finally {
    await file?.close();
  }
}

async function makeDirectoryWhenMissing(path: string): Promise<void> {
  const present = await lstat(path).catch(() => undefined);
  if (present === undefined) await mkdir(path, { recursive: true, mode: 0o755 });
}

const CHECKS: Record<string, { what: string; holds: (stats: Stats) => boolean }> = {
  Directory: { what: 'a directory', holds: (stats) => stats.isDirectory() },
  DirectoryOrCreate: { what: 'a directory', holds: (stats) => stats.isDirectory() },
  File: { what: 'a file', holds: (stats) => stats.isFile() },
  FileOrCreate: { what: 'a file', holds: (stats) => stats.isFile() },
  Socket: { what: 'a socket file', holds: (stats) => stats.isSocket() },
  CharDevice: { what: 'a character device', holds: (stats) => stats.isCharacterDevice() },
  BlockDevice: { what: 'a block device', holds: (stats) => stats.isBlockDevice() },
};

function check(path: string, type: string, stats: Stats | undefined): void {
  const wanted = CHECKS[type];
  if (wanted === undefined) throw badVolume(`${type} is an invalid volume type`);
  if (stats === undefined || !wanted.holds(stats))
    throw badVolume(`hostPath type check failed: ${path} is not ${wanted.what}`);
}
