import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../linux/write-file-atomic.ts';
import { type Digest, isDigest } from '../digest.ts';
import { errorCode } from '../unpack/layer-directory.ts';
import { namesIn, type StoreFiles } from './store-files.ts';
import { rm } from '../../linux/files.ts';

/** An image that is here whole: configuration and all layers. */
export interface ImageRecord {
  /** Also where its configuration lies. */
  id: Digest;
  /** Manifests and indexes by which it came; kept as long as it is. */
  manifests: Digest[];
  /** From the lowest to the topmost. */
  layers: Digest[];
  /** Of all layers, unpacked. */
  sizeBytes: number;
  /** Milliseconds since the epoch. */
  storedAt: number;
}

/** One name of an image: `docker.io/library/busybox:latest` or `…@sha256:…`. */
export interface NameRecord {
  name: string;
  id: Digest;
}

export async function readImageRecord(files: StoreFiles, id: Digest): Promise<ImageRecord | undefined> {
  return readRecord<ImageRecord>(files.image(id));
}

export async function listImageRecords(files: StoreFiles): Promise<ImageRecord[]> {
  return listRecords<ImageRecord>(files.images);
}

export async function writeImageRecord(files: StoreFiles, record: ImageRecord): Promise<void> {
  await writeFileAtomic(files.image(record.id), JSON.stringify(record));
}

export async function removeImageRecord(files: StoreFiles, id: Digest): Promise<void> {
  await rm(files.image(id), { force: true });
}

export async function readName(files: StoreFiles, name: string): Promise<NameRecord | undefined> {
  return readRecord<NameRecord>(files.name(name));
}

export async function listNames(files: StoreFiles): Promise<NameRecord[]> {
  return listRecords<NameRecord>(files.names);
}

/** A tag that was another image's becomes this one's. */
export async function writeName(files: StoreFiles, record: NameRecord): Promise<void> {
  await writeFileAtomic(files.name(record.name), JSON.stringify(record));
}

export async function removeName(files: StoreFiles, name: string): Promise<void> {
  await rm(files.name(name), { force: true });
}

async function listRecords<Row extends { id: Digest }>(directory: string): Promise<Row[]> {
  const names = (await namesIn(directory)).filter((name) => name.endsWith('.json')).sort();
  const records = await Promise.all(names.map((name) => readRecord<Row>(join(directory, name))));
  return records.filter((record) => record !== undefined);
}

/** Nothing when it is not there, was just removed, or was torn by a power cut. */
async function readRecord<Row extends { id: Digest }>(path: string): Promise<Row | undefined> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as Row;
    return isDigest(record.id) ? record : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
