import type { ImageStatus } from '../../pod-runtime.ts';
import { isPeapodError, PeapodError } from '../../../model/errors.ts';
import { syncFileSystem } from '../../linux/sync-file-system.ts';
import { type Digest, isDigest } from '../digest.ts';
import { readImageConfig } from '../image-config.ts';
import { canonicalName, parseReference } from '../reference.ts';
import { readBlob, writeBlob } from './blobs.ts';
import {
  type ImageRecord,
  listImageRecords,
  listNames,
  type NameRecord,
  readImageRecord,
  readName,
  writeImageRecord,
  writeName,
} from './image-records.ts';
import type { LayerRecord } from './layers.ts';
import type { StoreFiles } from './store-files.ts';

/** The fewest digits of an id that are taken for one: fewer could be somebody's image name. */
const SHORTEST_ID = /^(?:sha256:)?([a-f0-9]{12,63})$/;

/** The image that a tag, a digest or an id means. */
export async function findImage(files: StoreFiles, reference: string): Promise<ImageRecord | undefined> {
  const id = await findImageId(files, reference);
  return id === undefined ? undefined : readImageRecord(files, id);
}

/** @throws PeapodError ImageNotFound */
export async function demandImage(files: StoreFiles, reference: string): Promise<ImageRecord> {
  const record = await findImage(files, reference);
  if (record !== undefined) return record;
  throw new PeapodError('ImageNotFound', `no image ${JSON.stringify(reference)} is stored here`, {
    hint: `peapod pull ${reference}`,
  });
}

/** Whether the reference is an image's id rather than one of its names. */
export async function isImageId(files: StoreFiles, reference: string): Promise<boolean> {
  const id = fullId(reference);
  if (id !== undefined) return true;
  if (!SHORTEST_ID.test(reference)) return false;
  return (await readName(files, canonicalName(parseReference(reference)))) === undefined;
}

/**
 * Records an image whose layers are unpacked already, and gives it its names. From here on it is there, also after a
 * power cut: all that it consists of is written to the disk before its record is.
 */
export async function storeImage(
  files: StoreFiles,
  image: {
    config: Uint8Array;
    manifests: readonly Uint8Array[];
    layers: readonly LayerRecord[];
    names: readonly string[];
    /** The layers are those that stored images referred to before: nothing new has to reach the disk. */
    unchanged?: boolean;
  },
  now: number,
): Promise<ImageRecord> {
  const id = await writeBlob(files, image.config);
  const manifests: Digest[] = [];
  for (const manifest of image.manifests) manifests.push(await writeBlob(files, manifest));
  const known = await readImageRecord(files, id);
  const record: ImageRecord = {
    id,
    manifests: [...new Set([...(known?.manifests ?? []), ...manifests])],
    layers: image.layers.map((layer) => layer.diffId),
    sizeBytes: image.layers.reduce((sum, layer) => sum + layer.sizeBytes, 0),
    storedAt: known?.storedAt ?? now,
  };
  if (known === undefined || image.unchanged !== true) await syncFileSystem(files.root);
  await writeImageRecord(files, record);
  for (const name of image.names) await writeName(files, { name, id });
  return record;
}

/** Of those that are whole: one whose configuration is damaged is as good as gone, and another pull mends it. */
export async function statusesOf(files: StoreFiles, records: readonly ImageRecord[]): Promise<ImageStatus[]> {
  const names = await listNames(files);
  const statuses = await Promise.all(records.map((record) => statusOf(files, record, names)));
  return statuses.filter((status) => status !== undefined);
}

/** The layers that stored images refer to. */
export async function referencedLayers(files: StoreFiles): Promise<Set<Digest>> {
  return new Set((await listImageRecords(files)).flatMap((record) => record.layers));
}

async function findImageId(files: StoreFiles, reference: string): Promise<Digest | undefined> {
  const id = fullId(reference);
  if (id !== undefined) return id;
  const named = await readName(files, canonicalName(parseReference(reference)));
  if (named !== undefined) return named.id;
  const start = SHORTEST_ID.exec(reference)?.[1];
  if (start === undefined) return undefined;
  const matches = (await listImageRecords(files)).filter((record) => record.id.startsWith(`sha256:${start}`));
  if (matches.length > 1) {
    throw new PeapodError('Conflict', `${reference} means ${matches.length} images; give more of the id`);
  }
  return matches[0]?.id;
}

function fullId(reference: string): Digest | undefined {
  if (isDigest(reference)) return reference;
  const prefixed = `sha256:${reference}`;
  return isDigest(prefixed) ? prefixed : undefined;
}

async function statusOf(
  files: StoreFiles,
  record: ImageRecord,
  names: readonly NameRecord[],
): Promise<ImageStatus | undefined> {
  const config = await readBlob(files, record.id).catch(orDamaged);
  if (config === undefined) return undefined;
  const own = names.filter(({ id }) => id === record.id).map(({ name }) => name);
  return {
    id: record.id,
    repoTags: own.filter((name) => !name.includes('@')).sort(),
    repoDigests: own.filter((name) => name.includes('@')).sort(),
    sizeBytes: record.sizeBytes,
    storedAt: record.storedAt,
    config: readImageConfig(config).config,
    pinned: false,
  };
}

function orDamaged(error: unknown): undefined {
  if (!isPeapodError(error, 'ImageCorrupt')) throw error;
}
