import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPeapodError } from '../../../model/errors.ts';
import { buildImage, type BuiltImage, sha256 } from '../testing/build-image.ts';
import { startFakeRegistry } from '../testing/fake-registry.ts';
import { failsWith, image, layerDigest, needsRoot, noise } from '../testing/pull-fixture.ts';
import { EMPTY_STORE, openTestStore } from '../testing/test-store.ts';

test('a layer with a wrong digest is found out, and nothing is left of it', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const reference = registry.offer('a:1', image);
  const other = buildImage({ layers: [[{ name: 'low', content: Buffer.concat([noise]).fill(1, 0, 1) }]] });
  const evil = other.layers[0]?.blob ?? Buffer.alloc(0);
  const padded = Buffer.alloc(image.blobs.get(layerDigest)?.length ?? 0);
  evil.copy(padded);
  registry.blobs.set(layerDigest, padded);
  await assert.rejects(opened.store.pullImage(reference), (error) => isPeapodError(error, 'ImageCorrupt'));
  assert.deepEqual(opened.files(), EMPTY_STORE);
});

test(
  'a layer that unpacks to another diff id than the configuration says is refused',
  needsRoot,
  async () => {
    await using registry = await startFakeRegistry();
    using opened = await openTestStore();
    const config = JSON.parse(image.config.toString()) as { rootfs: { diff_ids: string[] } };
    config.rootfs.diff_ids.reverse();
    const reference = registry.offer('a:1', withConfig(image, Buffer.from(JSON.stringify(config))));
    await assert.rejects(
      opened.store.pullImage(reference),
      failsWith('ImageCorrupt', /unpacks to sha256:.* instead of/),
    );
    assert.deepEqual(opened.files(), EMPTY_STORE);
  },
);

test('a configuration with a wrong digest is refused', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const reference = registry.offer('a:1', image);
  registry.blobs.set(image.configDigest, Buffer.from(image.config.toString().replace('"A=1"', '"A=2"')));
  await assert.rejects(opened.store.pullImage(reference), failsWith('ImageCorrupt', /arrived with digest/));
});

test('a manifest that is not what the digest says is refused', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  registry.offer('a:1', image);
  const wanted = `sha256:${'0'.repeat(64)}`;
  registry.manifests.set(`a/${wanted}`, { bytes: image.manifest, mediaType: image.manifestMediaType });
  await assert.rejects(
    opened.store.pullImage(`${registry.host}/a@${wanted}`),
    failsWith('ImageCorrupt', /manifest has digest/),
  );
});

test('a digest that would be a path is refused', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  for (const digest of ['sha256:../../../../etc/passwd', '../x', 'sha256:abc', 7]) {
    const manifest = JSON.parse(image.manifest.toString()) as { layers: { digest: unknown }[] };
    if (manifest.layers[0] !== undefined) manifest.layers[0].digest = digest;
    const bytes = Buffer.from(JSON.stringify(manifest));
    registry.manifests.set('a/1', { bytes, mediaType: image.manifestMediaType });
    await assert.rejects(
      opened.store.pullImage(`${registry.host}/a:1`),
      failsWith('ImageCorrupt', /manifest\.layers\[0\]\.digest is not a sha256 digest/),
    );
  }
});

test('a diff id that would be a path is refused', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const config = JSON.parse(image.config.toString()) as { rootfs: { diff_ids: string[] } };
  config.rootfs.diff_ids[0] = 'sha256:../../../../tmp/evil';
  const reference = registry.offer('a:1', withConfig(image, Buffer.from(JSON.stringify(config))));
  await assert.rejects(opened.store.pullImage(reference), failsWith('ImageCorrupt', /rootfs\.diff_ids\[0\]/));
});

test('a manifest that is larger than 4 MiB is refused', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const bytes = Buffer.alloc(4 * 1024 * 1024 + 1, ' ');
  registry.manifests.set('a/1', { bytes, mediaType: image.manifestMediaType });
  await assert.rejects(
    opened.store.pullImage(`${registry.host}/a:1`),
    failsWith('ImageCorrupt', /larger than/),
  );
});

test('Docker schema 1 is refused by name', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const mediaType = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
  registry.manifests.set('a/1', { bytes: Buffer.from('{"schemaVersion":1,"name":"a"}'), mediaType });
  await assert.rejects(opened.store.pullImage(`${registry.host}/a:1`), failsWith('Unsupported', /schema 1/));
});

function withConfig(built: BuiltImage, config: Buffer): BuiltImage {
  const manifest = JSON.parse(built.manifest.toString()) as { config: { digest: string; size: number } };
  manifest.config = { ...manifest.config, digest: sha256(config), size: config.length };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const blobs = new Map([...built.blobs, [sha256(config), config]]);
  return {
    ...built,
    config,
    configDigest: sha256(config),
    manifest: bytes,
    manifestDigest: sha256(bytes),
    blobs,
  };
}
