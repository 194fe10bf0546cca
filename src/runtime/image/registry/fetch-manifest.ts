import { PeapodError } from '../../../model/errors.ts';
import { type Digest, digestOf, isDigest } from '../digest.ts';
import {
  type ImageManifest,
  INDEX_MEDIA_TYPES,
  MANIFEST_MEDIA_TYPES,
  MAX_MANIFEST_BYTES,
  readManifest,
} from '../manifest.ts';
import { chooseManifest, type Platform } from '../platform.ts';
import { headerOf } from './http-client.ts';
import type { RegistrySession } from './registry-session.ts';

export interface FetchedManifest {
  manifest: ImageManifest;
  /** Of what the tag or digest stands for: an index where there is one. */
  digest: Digest;
  /** The documents as they came, the one that `digest` is of first. */
  documents: Buffer[];
}

/** An index may name another index, but not for ever. */
const MAX_DEPTH = 3;
const ACCEPT = [...MANIFEST_MEDIA_TYPES, ...INDEX_MEDIA_TYPES].join(', ');

/**
 * Finds the manifest of the image that runs on the platform.
 * @param tagOrDigest what comes back for a digest is checked against it
 * @throws PeapodError ImageCorrupt, Unsupported, ImageNotFound also when no image is for the platform
 */
export async function fetchManifest(
  session: RegistrySession,
  tagOrDigest: string,
  platform: Platform,
  signal: AbortSignal | undefined,
): Promise<FetchedManifest> {
  const documents: Buffer[] = [];
  let next = tagOrDigest;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const { bytes, mediaType } = await fetchDocument(session, next, signal);
    documents.push(bytes);
    const manifest = readManifest(bytes, mediaType);
    if (manifest.kind === 'manifest') {
      return { manifest, digest: digestOf(documents[0] ?? bytes), documents };
    }
    next = chooseManifest(manifest.manifests, platform).digest;
  }
  throw new PeapodError('ImageCorrupt', `its indexes are nested more than ${MAX_DEPTH} deep`);
}

async function fetchDocument(
  session: RegistrySession,
  tagOrDigest: string,
  signal: AbortSignal | undefined,
): Promise<{ bytes: Buffer; mediaType: string }> {
  const answer = await session.get(`manifests/${tagOrDigest}`, { headers: { accept: ACCEPT }, signal });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_MANIFEST_BYTES) {
      throw new PeapodError('ImageCorrupt', `manifest is larger than ${MAX_MANIFEST_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  checkDigest(bytes, tagOrDigest, 'asked for');
  checkDigest(bytes, headerOf(answer, 'docker-content-digest'), 'announced');
  return { bytes, mediaType: headerOf(answer, 'content-type') ?? '' };
}

function checkDigest(bytes: Buffer, expected: string | undefined, what: string): void {
  if (!isDigest(expected)) return;
  const digest = digestOf(bytes);
  if (digest === expected) return;
  throw new PeapodError('ImageCorrupt', `manifest has digest ${digest}, but ${expected} was ${what}`);
}
