import type { Clock } from '../../../model/clock.ts';
import { isPeapodError, PeapodError } from '../../../model/errors.ts';
import type { PullOptions, PullProgress } from '../../pod-runtime.ts';
import type { Digest } from '../digest.ts';
import { readImageConfig } from '../image-config.ts';
import type { Descriptor } from '../manifest.ts';
import type { Platform } from '../platform.ts';
import { canonicalName, type ImageReference, repositoryOf } from '../reference.ts';
import { readBlob } from '../store/blobs.ts';
import type { ImageRecord } from '../store/image-records.ts';
import { ensureLayer, type LayerRecord } from '../store/layers.ts';
import type { StoreFiles } from '../store/store-files.ts';
import { referencedLayers, storeImage } from '../store/stored-images.ts';
import type { SpaceLimits } from '../unpack/space-guard.ts';
import { type Credentials, findCredentials } from './credentials.ts';
import { type Endpoint, endpointsFor } from './endpoints.ts';
import { fetchBlob, fetchSmallBlob } from './fetch-blob.ts';
import { fetchManifest } from './fetch-manifest.ts';
import { inParallel } from './in-parallel.ts';
import { readRegistriesConfig } from './registries-config.ts';
import { RegistrySession } from './registry-session.ts';

export interface PullSettings {
  clock: Clock;
  env: NodeJS.ProcessEnv;
  platform: Platform;
  limits: SpaceLimits;
  parallelLayers: number;
  registriesConf?: string;
  authFiles?: readonly string[];
  certsDirectories?: readonly string[];
}

type PullCall = PullOptions & { signal?: AbortSignal };

/**
 * Brings an image here: from the first of its mirrors that has it, else from its registry. Layers that are here already
 * are not fetched; the others are unpacked while they arrive, and count once their digests have proved right.
 * The caller holds the store's lock.
 */
export async function pullImage(
  files: StoreFiles,
  reference: ImageReference,
  settings: PullSettings,
  call: PullCall,
): Promise<ImageRecord> {
  const endpoints = endpointsFor(
    reference,
    await readRegistriesConfig(settings.registriesConf, settings.env),
  );
  let failure: unknown;
  for (const endpoint of endpoints) {
    try {
      return await pullFrom(files, reference, endpoint, settings, call);
    } catch (error) {
      call.signal?.throwIfAborted();
      if (!isPeapodError(error) || error.code === 'NoSpace') throw error;
      failure = error;
    }
  }
  throw failure;
}

async function pullFrom(
  files: StoreFiles,
  reference: ImageReference,
  endpoint: Endpoint,
  settings: PullSettings,
  call: PullCall,
): Promise<ImageRecord> {
  await using session = await RegistrySession.open(endpoint, {
    clock: settings.clock,
    env: settings.env,
    credentials: () => credentialsFor(endpoint, settings, call),
    ...(settings.certsDirectories === undefined ? {} : { certsDirectories: settings.certsDirectories }),
  });
  const wanted = reference.digest ?? reference.tag ?? 'latest';
  const found = await fetchManifest(session, wanted, settings.platform, call.signal);
  const config = await fetchConfig(files, session, found.manifest.config, settings, call);
  const { diffIds } = readImageConfig(config);
  if (diffIds.length !== found.manifest.layers.length) {
    throw new PeapodError(
      'ImageCorrupt',
      `manifest has ${found.manifest.layers.length} layers, configuration ${diffIds.length}`,
    );
  }
  const pulled = await pullLayers(files, session, found.manifest.layers, diffIds, settings, call);
  const names = new Set([canonicalName(reference), `${repositoryOf(reference)}@${found.digest}`]);
  return await storeImage(
    files,
    { ...pulled, config, manifests: found.documents, names: [...names] },
    settings.clock.now(),
  );
}

async function fetchConfig(
  files: StoreFiles,
  session: RegistrySession,
  descriptor: Descriptor,
  settings: PullSettings,
  call: PullCall,
): Promise<Buffer> {
  const known = await readBlob(files, descriptor.digest).catch(() => undefined);
  return known ?? fetchSmallBlob(session, descriptor, { clock: settings.clock, signal: call.signal });
}

async function pullLayers(
  files: StoreFiles,
  session: RegistrySession,
  descriptors: readonly Descriptor[],
  diffIds: readonly Digest[],
  settings: PullSettings,
  call: PullCall,
): Promise<{ layers: LayerRecord[]; unchanged: boolean }> {
  const trusted = await referencedLayers(files);
  const wanted = descriptors.map((descriptor, index) => ({
    descriptor,
    diffId: diffIds[index] ?? descriptor.digest,
  }));
  for (const { descriptor } of wanted) report(call, descriptor, 'waiting', 0);
  let unchanged = diffIds.every((diffId) => trusted.has(diffId));
  const layers = await inParallel(wanted, settings.parallelLayers, call.signal, async (layer, signal) => {
    let fetched = false;
    const fetch = () => {
      fetched = true;
      unchanged = false;
      return fetchLayer(session, layer.descriptor, settings, { ...call, signal });
    };
    const record = await ensureLayer(files, layer.diffId, trusted, fetch, {
      limits: settings.limits,
      signal,
    });
    report(call, layer.descriptor, fetched ? 'done' : 'present', layer.descriptor.sizeBytes);
    return record;
  });
  return { layers, unchanged };
}

function fetchLayer(
  session: RegistrySession,
  descriptor: Descriptor,
  settings: PullSettings,
  call: PullCall,
): AsyncIterable<Uint8Array> {
  return fetchBlob(session, descriptor, {
    clock: settings.clock,
    signal: call.signal,
    onBytes: (bytes) =>
      report(call, descriptor, bytes < descriptor.sizeBytes ? 'downloading' : 'unpacking', bytes),
  });
}

async function credentialsFor(
  endpoint: Endpoint,
  settings: PullSettings,
  call: PullCall,
): Promise<Credentials | undefined> {
  if (call.auth !== undefined) {
    if ('token' in call.auth) return { kind: 'access-token', token: call.auth.token };
    if ('identityToken' in call.auth) return { kind: 'refresh-token', token: call.auth.identityToken };
    return { kind: 'password', ...call.auth };
  }
  return findCredentials(endpoint.name, {
    env: settings.env,
    ...(settings.authFiles === undefined ? {} : { files: settings.authFiles }),
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
}

function report(
  call: PullCall,
  descriptor: Descriptor,
  phase: PullProgress['phase'],
  currentBytes: number,
): void {
  call.onProgress?.({
    layerDigest: descriptor.digest,
    phase,
    currentBytes,
    totalBytes: descriptor.sizeBytes,
  });
}
