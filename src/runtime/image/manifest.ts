import { PeapodError } from '../../model/errors.ts';
import { type Digest, readDigest } from './digest.ts';
import type { Platform } from './platform.ts';
import { asArray, asObject, type JsonObject, readJsonObject, textOr } from './read-json.ts';

export interface Descriptor {
  mediaType: string;
  digest: Digest;
  sizeBytes: number;
  annotations: JsonObject;
}

export interface ImageManifest {
  kind: 'manifest';
  config: Descriptor;
  layers: Descriptor[];
}

export interface ImageIndex {
  kind: 'index';
  manifests: (Descriptor & { platform: Platform | undefined })[];
}

export const MANIFEST_MEDIA_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

export const INDEX_MEDIA_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;

/** What a manifest or a configuration may measure at most: they are held in memory. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

const MAX_LAYERS = 500;

/**
 * Reads a manifest or an index, OCI's or Docker's.
 * @param mediaType what the registry called it; what the document says of itself goes before it
 * @throws PeapodError ImageCorrupt; Unsupported for schema 1 and for what is none of them
 */
export function readManifest(bytes: Uint8Array, mediaType: string): ImageManifest | ImageIndex {
  const document = readJsonObject(bytes, 'manifest');
  if (document['schemaVersion'] === 1 || mediaType.includes('manifest.v1')) {
    if (document['schemaVersion'] !== 2) {
      throw new PeapodError(
        'Unsupported',
        'its manifest is of Docker schema 1, which is not supported; push it anew',
      );
    }
  }
  const type = textOr(document['mediaType'], mediaType.split(';')[0]?.trim() ?? '');
  const looksLikeIndex = document['manifests'] !== undefined && document['config'] === undefined;
  if (looksLikeIndex && !isOneOf(type, MANIFEST_MEDIA_TYPES)) return readIndex(document);
  if (document['config'] !== undefined && !isOneOf(type, INDEX_MEDIA_TYPES))
    return readImageManifest(document);
  throw new PeapodError(
    'Unsupported',
    `its manifest is of an unknown kind: ${JSON.stringify(type.slice(0, 200))}`,
  );
}

function readImageManifest(document: JsonObject): ImageManifest {
  const layers = asArray(document['layers'] ?? [], 'manifest.layers');
  if (layers.length > MAX_LAYERS)
    throw new PeapodError('ImageCorrupt', `manifest has more than ${MAX_LAYERS} layers`);
  const config = readDescriptor(document['config'], 'manifest.config');
  if (config.sizeBytes > MAX_MANIFEST_BYTES) {
    throw new PeapodError('ImageCorrupt', `image configuration is larger than ${MAX_MANIFEST_BYTES} bytes`);
  }
  return {
    kind: 'manifest',
    config,
    layers: layers.map((layer, index) => readLayerDescriptor(layer, `manifest.layers[${index}]`)),
  };
}

function readLayerDescriptor(value: unknown, what: string): Descriptor {
  const descriptor = readDescriptor(value, what);
  if (!descriptor.mediaType.includes('encrypted')) return descriptor;
  throw new PeapodError('Unsupported', `${what} is encrypted, which is not supported`);
}

function readIndex(document: JsonObject): ImageIndex {
  const manifests = asArray(document['manifests'], 'index.manifests');
  return {
    kind: 'index',
    manifests: manifests.map((value, position) => {
      const what = `index.manifests[${position}]`;
      const { platform } = asObject(value, what);
      return {
        ...readDescriptor(value, what),
        platform: platform === undefined ? undefined : readPlatform(asObject(platform, `${what}.platform`)),
      };
    }),
  };
}

function readPlatform(platform: JsonObject): Platform {
  return {
    os: textOr(platform['os']),
    architecture: textOr(platform['architecture']),
    variant: textOr(platform['variant']),
  };
}

function readDescriptor(value: unknown, what: string): Descriptor {
  const descriptor = asObject(value, what);
  const { size } = descriptor;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new PeapodError('ImageCorrupt', `${what}.size is no size`);
  }
  return {
    mediaType: textOr(descriptor['mediaType']),
    digest: readDigest(descriptor['digest'], `${what}.digest`),
    sizeBytes: size,
    annotations: asObject(descriptor['annotations'] ?? {}, `${what}.annotations`),
  };
}

function isOneOf(type: string, types: readonly string[]): boolean {
  return types.includes(type);
}
