import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../../model/errors.ts';
import { lockFile } from '../../linux/lock-file.ts';
import { type Digest, DigestMeter, hexOf, isDigest } from '../digest.ts';
import { applyLayer } from '../unpack/apply-layer.ts';
import { decompress } from '../unpack/decompress.ts';
import { errorCode } from '../unpack/layer-directory.ts';
import { SpaceGuard, type SpaceLimits } from '../unpack/space-guard.ts';
import { LAYER_LOCK, namesIn, type StoreFiles } from './store-files.ts';
import { makeTemporaryDirectory } from './temporary-directory.ts';
import { mkdir, rename, writeFile } from '../../linux/files.ts';

/** What lies beside an unpacked layer. */
export interface LayerRecord {
  diffId: Digest;
  sizeBytes: number;
  entries: number;
  /** The boot during which it was unpacked: until an image refers to it, a power cut may have torn it. */
  bootId: string;
}

export interface UnpackOptions {
  limits: SpaceLimits;
  signal?: AbortSignal;
}

/** The directory that overlayfs takes. */
export function layerFs(files: StoreFiles, diffId: Digest): string {
  return join(files.layer(diffId), 'fs');
}

/** @param trusted the layers that stored images refer to; others count only when they were unpacked since this boot */
export async function findLayer(
  files: StoreFiles,
  diffId: Digest,
  trusted: ReadonlySet<Digest>,
): Promise<LayerRecord | undefined> {
  const record = await readLayerRecord(files, diffId);
  if (record === undefined) return undefined;
  return trusted.has(diffId) || record.bootId === (await bootId()) ? record : undefined;
}

/**
 * Unpacks a layer unless it is there already; of several processes one does the work and the others wait for it.
 * @param open gives the layer's stream, compressed or not; called only when it is needed
 * @throws PeapodError ImageCorrupt when what is unpacked is not what `diffId` says; nothing is left behind then
 */
export async function ensureLayer(
  files: StoreFiles,
  diffId: Digest,
  trusted: ReadonlySet<Digest>,
  open: () => AsyncIterable<Uint8Array>,
  options: UnpackOptions,
): Promise<LayerRecord> {
  const present = await findLayer(files, diffId, trusted);
  if (present !== undefined) return present;
  using _held = await lockFile(files.lock(`${LAYER_LOCK}${hexOf(diffId)}`), {
    removeFile: true,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const meanwhile = await findLayer(files, diffId, trusted);
  if (meanwhile !== undefined) return meanwhile;
  return await unpackLayer(files, open(), { ...options, expected: diffId });
}

/**
 * Unpacks a stream as a layer and finds out its diff id.
 * @param options.expected what the diff id has to be
 */
export async function unpackLayer(
  files: StoreFiles,
  stream: AsyncIterable<Uint8Array>,
  options: UnpackOptions & { expected?: Digest },
): Promise<LayerRecord> {
  await using work = await makeTemporaryDirectory(files);
  const fs = join(work.path, 'layer', 'fs');
  await mkdir(fs, { recursive: true });
  const meter = new DigestMeter();
  const guard = new SpaceGuard(files.tmp, options.limits);
  const content = await applyLayer(metered(decompress(stream), meter, options.signal), fs, {
    guard,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const diffId = meter.digest();
  if (options.expected !== undefined && diffId !== options.expected) {
    throw new PeapodError('ImageCorrupt', `layer unpacks to ${diffId} instead of ${options.expected}`);
  }
  const record: LayerRecord = { diffId, ...content, bootId: await bootId() };
  await writeFile(join(work.path, 'layer', 'layer.json'), JSON.stringify(record), { mode: 0o600 });
  await publish(files, join(work.path, 'layer'), diffId);
  return record;
}

export async function readLayerRecord(files: StoreFiles, diffId: Digest): Promise<LayerRecord | undefined> {
  try {
    const text = await readFile(join(files.layer(diffId), 'layer.json'), 'utf8');
    return JSON.parse(text) as LayerRecord;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** @throws PeapodError ImageCorrupt when one is missing: somebody deleted it behind our back */
export async function demandLayers(files: StoreFiles, diffIds: readonly Digest[]): Promise<void> {
  for (const diffId of diffIds) {
    if ((await readLayerRecord(files, diffId)) !== undefined) continue;
    throw new PeapodError('ImageCorrupt', `layer ${diffId} is missing from ${files.layers}`, {
      hint: 'pull the image again',
    });
  }
}

export async function listLayers(files: StoreFiles): Promise<Digest[]> {
  return (await namesIn(files.layers)).map((hex) => `sha256:${hex}`).filter(isDigest);
}

/** Puts the layer in its place; one that stands there and was not trusted makes way. */
async function publish(files: StoreFiles, directory: string, diffId: Digest): Promise<void> {
  const place = files.layer(diffId);
  try {
    await rename(directory, place);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
    await rename(place, join(directory, '..', 'replaced'));
    await rename(directory, place);
  }
}

async function* metered(
  stream: AsyncIterable<Buffer>,
  meter: DigestMeter,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    meter.update(chunk);
    yield chunk;
  }
}

let knownBootId: string | undefined;

async function bootId(): Promise<string> {
  knownBootId ??= (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  return knownBootId;
}
