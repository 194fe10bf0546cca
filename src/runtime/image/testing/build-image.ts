/** Makes small images for tests: layers from entries, the configuration, the manifest, and all of it as blobs. */
import { createHash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type TarEntry, writeTar } from './write-tar.ts';

export interface TestImage {
  /** From the lowest layer to the topmost. */
  layers: readonly (readonly TarEntry[])[];
  /** Goes to the `config` of the image's configuration: `Env`, `Cmd`, `Entrypoint`, `User`, … */
  config?: Record<string, unknown>;
  /** `gzip` unless told. */
  compression?: 'gzip' | 'zstd' | 'none';
  /** `oci` unless told. */
  format?: 'oci' | 'docker';
  /** As Go calls it: `amd64`, `arm64`; this machine's unless told. */
  architecture?: string;
  variant?: string;
}

export interface BuiltImage {
  manifestDigest: string;
  manifest: Buffer;
  manifestMediaType: string;
  configDigest: string;
  config: Buffer;
  layers: { digest: string; diffId: string; blob: Buffer; tar: Buffer }[];
  /** Everything but the manifest, by digest. */
  blobs: Map<string, Buffer>;
}

const MEDIA_TYPES = {
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
    zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
    none: 'application/vnd.oci.image.layer.v1.tar',
  },
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    zstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
    none: 'application/vnd.docker.image.rootfs.diff.tar',
  },
} as const;

export function goArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

export function buildImage(image: TestImage): BuiltImage {
  const compression = image.compression ?? 'gzip';
  const types = MEDIA_TYPES[image.format ?? 'oci'];
  const layers = image.layers.map((entries) => {
    const tar = writeTar(entries);
    const blob = compress(tar, compression);
    return { digest: sha256(blob), diffId: sha256(tar), blob, tar };
  });
  const config = json({
    created: '2026-01-01T00:00:00Z',
    architecture: image.architecture ?? goArchitecture(),
    ...(image.variant === undefined ? {} : { variant: image.variant }),
    os: 'linux',
    config: image.config ?? {},
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: sha256(config), size: config.length },
    layers: layers.map(({ digest, blob }) => ({ mediaType: types[compression], digest, size: blob.length })),
  });
  return {
    manifestDigest: sha256(manifest),
    manifest,
    manifestMediaType: types.manifest,
    configDigest: sha256(config),
    config,
    layers,
    blobs: new Map([[sha256(config), config], ...layers.map(({ digest, blob }) => [digest, blob] as const)]),
  };
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** busybox as `/bin/busybox`, links for its applets, the usual empty directories, `/etc/passwd` and `/etc/group`. */
export function busyboxLayer(
  applets: readonly string[] = DEFAULT_APPLETS,
  busybox = '/bin/busybox',
): TarEntry[] {
  return [
    ...['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'usr', 'usr/bin', 'var'].map(
      (name): TarEntry => ({ name, type: 'directory' }),
    ),
    { name: 'tmp', type: 'directory', mode: 0o1777 },
    { name: 'bin/busybox', from: busybox, mode: 0o755 },
    ...applets.map((name): TarEntry => ({ name: `bin/${name}`, type: 'symlink', linkname: 'busybox' })),
    {
      name: 'etc/passwd',
      content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
    },
    { name: 'etc/group', content: 'root:x:0:\nnogroup:x:65534:\n' },
  ];
}

const DEFAULT_APPLETS = (
  'ash cat chmod chown cp cut date dd df echo env expr false find grep head hostname httpd id ip kill ln ls ' +
  'mkdir mkfifo mknod mount mv nc nslookup ping ps pwd readlink rm rmdir sed sh sleep sort stat sync tail tar ' +
  'tee test touch tr true umount uname vi wc wget whoami xargs'
).split(' ');

function compress(tar: Buffer, compression: 'gzip' | 'zstd' | 'none'): Buffer {
  if (compression === 'none') return tar;
  return compression === 'zstd' ? zstdCompressSync(tar) : gzipSync(tar);
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
