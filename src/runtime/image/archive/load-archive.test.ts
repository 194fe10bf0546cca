import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { isPeapodError } from '../../../model/errors.ts';
import { dockerArchive, ociArchive } from '../testing/archive-image.ts';
import { buildImage } from '../testing/build-image.ts';
import { EMPTY_STORE, openTestStore, type TestStore } from '../testing/test-store.ts';
import { type TarEntry, writeTar } from '../testing/write-tar.ts';

const needsRoot = { skip: process.getuid?.() === 0 ? false : 'unpacking needs root' };
const image = buildImage({ layers: [[{ name: 'low', content: 'low' }], [{ name: 'top', content: 'top' }]] });

async function assertWhole({ store }: TestStore, name: string): Promise<void> {
  const status = await store.imageStatus(name);
  assert.equal(status?.id, image.configDigest);
  const [top, low] = await store.rootfsLayers(status?.id ?? '');
  assert.equal(readFileSync(join(top ?? '', 'top'), 'utf8'), 'top');
  assert.equal(readFileSync(join(low ?? '', 'low'), 'utf8'), 'low');
}

const archives: [string, Buffer, string][] = [
  ['docker-archive', dockerArchive(image, 'app:1'), 'app:1'],
  ['oci-archive', ociArchive(image, 'quay.io/app:1'), 'quay.io/app:1'],
  ['gzipped docker-archive', gzipSync(dockerArchive(image, 'app:1')), 'app:1'],
  ['zstd-compressed oci-archive', zstdCompressSync(ociArchive(image, 'app:1')), 'app:1'],
];

for (const [what, archive, name] of archives) {
  test(`an image is loaded from a ${what}`, needsRoot, async () => {
    using opened = await openTestStore();
    const [loaded] = await opened.store.load(Readable.from([archive]));
    assert.equal(loaded?.id, image.configDigest);
    await assertWhole(opened, name);
  });
}

for (const compression of ['gzip', 'zstd', 'none'] as const) {
  test(`an oci-archive's layers may be compressed with ${compression}`, needsRoot, async () => {
    using opened = await openTestStore();
    const built = buildImage({ layers: [[{ name: 'x', content: compression }]], compression });
    const [loaded] = await opened.store.load(Readable.from([ociArchive(built)]));
    const [layer] = await opened.store.rootfsLayers(loaded?.id ?? '');
    assert.equal(readFileSync(join(layer ?? '', 'x'), 'utf8'), compression);
  });
}

for (const kind of ['docker-archive', 'oci-archive']) {
  test(`what skopeo writes as ${kind} is loaded from its file`, needsRoot, async () => {
    using opened = await openTestStore();
    const root = mkdtempSync(join(tmpdir(), 'peapod-archive-'));
    try {
      writeFileSync(join(root, 'in.tar'), ociArchive(image, 'quay.io/team/app:1'));
      const target = `${kind}:${join(root, 'out.tar')}:quay.io/team/app:1`;
      execFileSync('skopeo', ['copy', '--insecure-policy', `oci-archive:${join(root, 'in.tar')}`, target]);
      const [loaded] = await opened.store.load(join(root, 'out.tar'));
      assert.ok(loaded?.repoTags.includes('quay.io/team/app:1'));
      assert.equal((await opened.store.rootfsLayers(loaded?.id ?? '')).length, 2);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
}

test('an archive without names takes the one that is given', needsRoot, async () => {
  using opened = await openTestStore();
  await opened.store.load(Readable.from([ociArchive(image)]), { reference: 'mine:1' });
  await opened.store.load(Readable.from([dockerArchive(image)]), { reference: 'mine:2' });
  await assertWhole(opened, 'mine:1');
  await assertWhole(opened, 'mine:2');
});

test('a layer that docker save links to is found', needsRoot, async () => {
  using opened = await openTestStore();
  const [layer] = image.layers;
  const single = buildImage({ layers: [[{ name: 'low', content: 'low' }]] });
  const archive = writeTar([
    { name: 'one/layer.tar', content: layer?.tar ?? '' },
    { name: 'two/layer.tar', type: 'symlink', linkname: '../one/layer.tar' },
    { name: 'c.json', content: single.config },
    {
      name: 'manifest.json',
      content: JSON.stringify([{ Config: 'c.json', RepoTags: ['a:1'], Layers: ['two/layer.tar'] }]),
    },
  ]);
  const [loaded] = await opened.store.load(Readable.from([archive]));
  assert.equal(loaded?.id, single.configDigest);
});

function dockerEntries(manifest: unknown, config: Buffer = image.config): TarEntry[] {
  return [
    { name: 'c.json', content: config },
    ...image.layers.map(({ tar }, index): TarEntry => ({ name: `${index}.tar`, content: tar })),
    { name: 'manifest.json', content: typeof manifest === 'string' ? manifest : JSON.stringify(manifest) },
  ];
}

const hostile: [string, TarEntry[], RegExp][] = [
  [
    'neither manifest.json nor index.json',
    [{ name: 'etc/passwd' }],
    /neither a docker-archive nor an oci-archive/,
  ],
  ['a manifest.json that is no JSON', dockerEntries('{'), /no valid JSON/],
  [
    'a configuration that is a host path',
    dockerEntries([{ Config: '../../etc/passwd', Layers: [] }]),
    /leaves its root/,
  ],
  [
    'a configuration that is an absolute path',
    dockerEntries([{ Config: '/etc/passwd', Layers: [] }]),
    /no member/,
  ],
  [
    'a layer that is a symlink to a host file',
    [
      ...dockerEntries([{ Config: 'c.json', Layers: ['0.tar', 'link'] }]),
      { name: 'link', type: 'symlink', linkname: '/etc/passwd' },
    ],
    /no member/,
  ],
  [
    'a symlink out of the archive',
    [{ name: 'link', type: 'symlink', linkname: '../../etc/passwd' }, ...dockerEntries([])],
    /leaves its root/,
  ],
  [
    'layers in another order than their diff ids',
    dockerEntries([{ Config: 'c.json', RepoTags: ['a:1'], Layers: ['1.tar', '0.tar'] }]),
    /unpacks to sha256:/,
  ],
  [
    'fewer layers than diff ids',
    dockerEntries([{ Config: 'c.json', Layers: ['0.tar'] }]),
    /1 layers, its configuration 2/,
  ],
  [
    'an index.json whose digest is a path',
    [
      {
        name: 'index.json',
        content: JSON.stringify({ manifests: [{ digest: '../../etc/passwd', size: 1 }] }),
      },
    ],
    /digest is not a sha256 digest/,
  ],
  [
    'a blob that is not what its name says',
    [
      {
        name: 'index.json',
        content: JSON.stringify({
          manifests: [{ digest: image.manifestDigest, size: image.manifest.length }],
        }),
      },
      { name: `blobs/${image.manifestDigest.replace(':', '/')}`, content: '{}' },
    ],
    /has another digest/,
  ],
];

for (const [what, entries, message] of hostile) {
  test(`an archive with ${what} is refused, and nothing is left of it`, needsRoot, async () => {
    using opened = await openTestStore();
    await assert.rejects(
      opened.store.load(Readable.from([writeTar(entries)])),
      (error) => isPeapodError(error, 'ImageCorrupt') && message.test(error.message),
    );
    assert.deepEqual(opened.files(), EMPTY_STORE);
  });
}

test('a truncated archive is refused, and nothing is left of it', needsRoot, async () => {
  using opened = await openTestStore();
  const archive = gzipSync(dockerArchive(image, 'app:1'));
  await assert.rejects(
    opened.store.load(Readable.from([archive.subarray(0, archive.length - 100)])),
    (error) => isPeapodError(error, 'ImageCorrupt'),
  );
  assert.deepEqual(opened.files(), EMPTY_STORE);
});

test('a file that is not there is named', needsRoot, async () => {
  using opened = await openTestStore();
  await assert.rejects(
    opened.store.load('/nowhere/archive.tar'),
    (error) =>
      isPeapodError(error, 'NotFound') &&
      error.message === 'cannot load the archive: no such file: /nowhere/archive.tar',
  );
});
