import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';

const run = promisify(execFile);

/** The part of an OCI image configuration that says what runs. */
export interface ImageConfig {
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  WorkingDir?: string;
  User?: string;
  StopSignal?: string;
  Labels?: Record<string, string>;
}

export interface ImageContent {
  rootfs: string;
  config: ImageConfig;
  /** The name that the image has in the archive. */
  reference: string;
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

/** The date of everything in the image, so that the same files give the same digest. */
const EPOCH = '2026-01-01T00:00:00Z';
const TAR_FLAGS = [
  '--numeric-owner',
  '--sort=name',
  `--mtime=${EPOCH}`,
  '--format=pax',
  '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
];

/**
 * Writes an OCI archive (a tar of an OCI image layout) with one gzip layer.
 * @param work a directory for what lies between; absolute
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function writeOciArchive(image: ImageContent, file: string, work: string): Promise<void> {
  const layout = join(work, 'layout');
  await mkdir(join(layout, 'blobs/sha256'), { recursive: true });
  const tar = join(work, 'layer.tar');
  await run('tar', [...TAR_FLAGS, '-C', image.rootfs, '-cf', tar, '.']);
  const layer = await addLayer(layout, tar);
  const config = await addJson(layout, 'application/vnd.oci.image.config.v1+json', {
    created: EPOCH,
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: image.config,
    rootfs: { type: 'layers', diff_ids: [await digestOf(tar)] },
    history: [{ created: EPOCH, created_by: 'peapod examples' }],
  });
  const manifest = await addJson(layout, 'application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config,
    layers: [layer],
  });
  manifest.annotations = { 'org.opencontainers.image.ref.name': image.reference };
  await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await run('tar', [...TAR_FLAGS, '-C', layout, '-cf', `${file}.part`, 'oci-layout', 'index.json', 'blobs']);
  await rename(`${file}.part`, file);
}

async function addLayer(layout: string, tar: string): Promise<Descriptor> {
  const packed = `${tar}.gz`;
  await pipeline(createReadStream(tar), createGzip(), createWriteStream(packed));
  const digest = await digestOf(packed);
  const { size } = await stat(packed);
  await rename(packed, blobPath(layout, digest));
  return { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest, size };
}

async function addJson(layout: string, mediaType: string, value: unknown): Promise<Descriptor> {
  const text = JSON.stringify(value);
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  await writeFile(blobPath(layout, digest), text);
  return { mediaType, digest, size: Buffer.byteLength(text) };
}

function blobPath(layout: string, digest: string): string {
  return join(layout, 'blobs', digest.replace(':', '/'));
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest('hex')}`;
}
