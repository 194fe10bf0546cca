/** Puts a built image into the archives that `docker save` and `skopeo copy … oci-archive:` write. */
import { type BuiltImage, goArchitecture } from './build-image.ts';
import { type TarEntry, writeTar } from './write-tar.ts';

export function ociArchive(image: BuiltImage, reference?: string): Buffer {
  const descriptor = {
    mediaType: image.manifestMediaType,
    digest: image.manifestDigest,
    size: image.manifest.length,
    platform: { os: 'linux', architecture: goArchitecture() },
    ...(reference === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': reference } }),
  };
  const blobs = [...image.blobs, [image.manifestDigest, image.manifest] as const];
  return writeTar([
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }) },
    { name: 'blobs', type: 'directory' },
    { name: 'blobs/sha256', type: 'directory' },
    ...blobs.map(([digest, content]): TarEntry => ({ name: `blobs/${digest.replace(':', '/')}`, content })),
  ]);
}

export function dockerArchive(image: BuiltImage, reference?: string): Buffer {
  const config = `${image.configDigest.slice('sha256:'.length)}.json`;
  const layers = image.layers.map(({ diffId, tar }) => ({
    name: `${diffId.slice('sha256:'.length)}/layer.tar`,
    content: tar,
  }));
  const manifest = [
    {
      Config: config,
      RepoTags: reference === undefined ? null : [reference],
      Layers: layers.map((layer) => layer.name),
    },
  ];
  return writeTar([
    ...layers,
    { name: config, content: image.config },
    { name: 'manifest.json', content: JSON.stringify(manifest) },
  ]);
}
