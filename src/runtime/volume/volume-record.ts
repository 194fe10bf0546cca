/** What is known on disk of a pod's volumes: written before anything is made, so that any process can go on or clean up. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bootId } from '../linux/proc.ts';
import { removeTorn, writeFileAtomic } from '../linux/write-file-atomic.ts';
import { isMountPoint } from './mount-points.ts';
import type { MadeVolume } from './volume-context.ts';
import { checkedName, type PodVolumePaths } from './volume-paths.ts';
import { mkdir } from '../linux/files.ts';

type VolumeRecord = { state: 'making' } | { state: 'made'; bootId: string; made: MadeVolume };

/** Does not reach the disk at once: after a loss of power everything is made again anyway. */
export async function recordVolume(
  paths: PodVolumePaths,
  volume: string,
  made: MadeVolume | undefined,
): Promise<void> {
  const path = recordPath(paths, volume);
  const record: VolumeRecord =
    made === undefined ? { state: 'making' } : { state: 'made', bootId: bootId(), made };
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  await writeFileAtomic(path, JSON.stringify(record), { durable: false });
}

/** @returns nothing unless the volume has been made since the machine started, and is still mounted where it is one */
export async function madeVolume(paths: PodVolumePaths, volume: string): Promise<MadeVolume | undefined> {
  const text = await readFile(recordPath(paths, volume), 'utf8').catch(() => undefined);
  const record = text === undefined ? undefined : readRecord(text);
  if (record?.state !== 'made' || record.bootId !== bootId()) return undefined;
  if (record.made.mounted && !(await isMountPoint(record.made.hostPath))) return undefined;
  return record.made;
}

/** What a killed process has left of records that it was writing. */
export async function removeTornRecords(paths: PodVolumePaths): Promise<void> {
  await removeTorn(recordsDirectory(paths));
}

function readRecord(text: string): VolumeRecord | undefined {
  try {
    return JSON.parse(text) as VolumeRecord;
  } catch {
    return undefined;
  }
}

function recordPath(paths: PodVolumePaths, volume: string): string {
  return join(recordsDirectory(paths), `${checkedName(volume)}.json`);
}

function recordsDirectory(paths: PodVolumePaths): string {
  return join(paths.persistent, 'records');
}
