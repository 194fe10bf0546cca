import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { isPeapodError } from '../../model/errors.ts';
import { tryLockFile } from '../linux/lock-file.ts';
import { dockerArchive } from './testing/archive-image.ts';
import { buildImage } from './testing/build-image.ts';
import { answerJson, startFakeRegistry } from './testing/fake-registry.ts';
import { EMPTY_STORE, openTestStore, type TestStore } from './testing/test-store.ts';
import { writeTar } from './testing/write-tar.ts';

const needsRoot = { skip: process.getuid?.() === 0 ? false : 'unpacking needs root' };

const base = [{ name: 'base', content: 'base' }];
const first = buildImage({ layers: [base, [{ name: 'a', content: 'a' }]] });
const second = buildImage({ layers: [base, [{ name: 'b', content: 'b' }]] });

async function loadBoth({ store }: TestStore): Promise<void> {
  await store.load(Readable.from([dockerArchive(first, 'a:1')]));
  await store.load(Readable.from([dockerArchive(second, 'b:1')]));
}

test('an image is found by name, id, bare id and the start of its id', needsRoot, async () => {
  using opened = await openTestStore();
  await loadBoth(opened);
  const id = first.configDigest;
  for (const reference of [
    'a:1',
    'docker.io/library/a:1',
    id,
    id.slice(7),
    id.slice(7, 19),
    id.slice(0, 19),
  ]) {
    assert.equal((await opened.store.imageStatus(reference))?.id, id, reference);
  }
  for (const reference of ['a:2', id.slice(7, 15), `sha256:${'0'.repeat(64)}`]) {
    assert.equal(await opened.store.imageStatus(reference), undefined, reference);
  }
  await assert.rejects(opened.store.imageStatus('A'), (error) => isPeapodError(error, 'InvalidImageName'));
});

test('images share the layers that they have in common', needsRoot, async () => {
  using opened = await openTestStore();
  await loadBoth(opened);
  const layers = await Promise.all(
    [first, second].map((image) => opened.store.rootfsLayers(image.configDigest)),
  );
  assert.equal(layers[0]?.[1], layers[1]?.[1]);
  assert.equal(readdirSync(join(opened.directory, 'layers')).length, 3);
});

test('removing an image keeps the layers that others need', needsRoot, async () => {
  using opened = await openTestStore();
  await loadBoth(opened);
  await opened.store.removeImage('a:1');
  assert.equal(await opened.store.imageStatus(first.configDigest), undefined);
  for (const layer of await opened.store.rootfsLayers('b:1')) assert.ok(existsSync(layer));
  await opened.store.removeImage(second.configDigest);
  assert.deepEqual(opened.files(), EMPTY_STORE);
  await opened.store.removeImage('b:1');
});

test('an image goes with its last tag, not before', needsRoot, async () => {
  using opened = await openTestStore();
  await loadBoth(opened);
  const tagged = await opened.store.tag('a:1', 'example.test/other:2');
  assert.deepEqual(tagged.repoTags, ['docker.io/library/a:1', 'example.test/other:2']);
  await opened.store.removeImage('a:1');
  assert.deepEqual((await opened.store.imageStatus(first.configDigest))?.repoTags, ['example.test/other:2']);
  await opened.store.removeImage('example.test/other:2');
  assert.equal(await opened.store.imageStatus(first.configDigest), undefined);
});

test('a tag moves to the image that takes it', needsRoot, async () => {
  using opened = await openTestStore();
  await loadBoth(opened);
  await opened.store.tag('b:1', 'a:1');
  assert.equal((await opened.store.imageStatus('a:1'))?.id, second.configDigest);
  assert.deepEqual((await opened.store.imageStatus(first.configDigest))?.repoTags, []);
});

test('tagging what is not there, or with a digest, is refused', needsRoot, async () => {
  using opened = await openTestStore();
  await assert.rejects(opened.store.tag('nothing', 'x'), (error) => isPeapodError(error, 'ImageNotFound'));
  await assert.rejects(opened.store.tag('a', `x@sha256:${'0'.repeat(64)}`), (error) =>
    isPeapodError(error, 'InvalidImageName'),
  );
});

test('an image that a container uses is not removed, though one of several names is', needsRoot, async () => {
  using opened = await openTestStore({ inUse: async () => new Set([first.configDigest]) });
  await loadBoth(opened);
  const isRefused = (error: unknown) => isPeapodError(error, 'FailedPrecondition');
  await assert.rejects(opened.store.removeImage('a:1'), isRefused);
  await assert.rejects(opened.store.removeImage(first.configDigest), isRefused);
  assert.deepEqual((await opened.store.imageStatus('a:1'))?.repoTags, ['docker.io/library/a:1']);
  await opened.store.tag('a:1', 'a:2');
  await opened.store.removeImage('a:1');
  for (const layer of await opened.store.rootfsLayers('a:2')) assert.ok(existsSync(layer));
});

test('what a crash left is collected at the next start; what is in use stays', needsRoot, async () => {
  using opened = await openTestStore();
  const tmp = join(opened.directory, 'tmp');
  mkdirSync(join(tmp, 'crashed', 'layer'), { recursive: true });
  writeFileSync(join(tmp, 'crashed.lock'), '');
  mkdirSync(join(tmp, 'working'));
  using _held = tryLockFile(join(tmp, 'working.lock'));
  writeFileSync(join(opened.directory, 'names', 'x.json.1.1.tmp'), '');
  const reopened = await opened.reopen();
  await reopened.gc();
  assert.deepEqual(readdirSync(tmp).sort(), ['working', 'working.lock']);
  assert.deepEqual(readdirSync(join(opened.directory, 'names')), []);
});

test('layers without an image stay while somebody pulls, and go afterwards', needsRoot, async () => {
  using opened = await openTestStore();
  await loadBoth(opened);
  rmSync(join(opened.directory, 'images', `${first.configDigest.slice(7)}.json`));
  {
    using _pulling = tryLockFile(join(opened.directory, 'locks', 'store.lock'), { shared: true });
    await opened.store.gc();
    assert.equal(readdirSync(join(opened.directory, 'layers')).length, 3);
  }
  await opened.store.gc();
  assert.equal(readdirSync(join(opened.directory, 'layers')).length, 2);
  assert.equal(await opened.store.imageStatus('a:1'), undefined);
});

test(
  'a layer that lay there before the machine started, and no image names, is not trusted',
  needsRoot,
  async () => {
    using opened = await openTestStore();
    const [layer] = first.layers;
    const place = join(opened.directory, 'layers', layer?.diffId.slice(7) ?? '');
    mkdirSync(join(place, 'fs'), { recursive: true });
    writeFileSync(
      join(place, 'layer.json'),
      JSON.stringify({ diffId: layer?.diffId, sizeBytes: 1, entries: 1, bootId: 'another' }),
    );
    await opened.store.load(Readable.from([dockerArchive(first, 'a:1')]));
    assert.deepEqual(readdirSync(join(place, 'fs')), ['base']);
  },
);

test(
  'an image whose layer was deleted by hand is damaged, and heals by loading it again',
  needsRoot,
  async () => {
    using opened = await openTestStore();
    await loadBoth(opened);
    const [top] = await opened.store.rootfsLayers('a:1');
    rmSync(join(top ?? '', '..'), { recursive: true });
    await assert.rejects(opened.store.rootfsLayers('a:1'), (error) => isPeapodError(error, 'ImageCorrupt'));
    await loadBoth(opened);
    assert.deepEqual(await opened.store.rootfsLayers('a:1').then((layers) => layers[0]), top);
  },
);

test(
  'a configuration that changed on the disk is not believed, costs no other image anything, and is mended by another load',
  needsRoot,
  async () => {
    using opened = await openTestStore();
    await loadBoth(opened);
    writeFileSync(join(opened.directory, 'blobs/sha256', first.configDigest.slice(7)), '{}');
    assert.equal(await opened.store.imageStatus('a:1'), undefined);
    assert.equal((await opened.store.listImages()).length, 1);
    await loadBoth(opened);
    assert.equal((await opened.store.imageStatus('a:1'))?.id, first.configDigest);
  },
);

test('what images take on the disk is known without walking through them', needsRoot, async () => {
  using opened = await openTestStore();
  await loadBoth(opened);
  const { mountpoint, usedBytes, usedInodes } = await opened.store.imageFsInfo();
  assert.equal(mountpoint, opened.directory);
  assert.ok(usedBytes > 6 && usedBytes < 5000, `${usedBytes}`);
  assert.ok(usedInodes >= 9, `${usedInodes}`);
});

test('a root file system becomes an image of one layer', needsRoot, async () => {
  using opened = await openTestStore();
  const tar = writeTar([{ name: 'bin/app', content: '#!', mode: 0o755 }]);
  const status = await opened.store.importRootfs(Readable.from([tar]), {
    reference: 'mine:1',
    config: { cmd: ['/bin/app'], env: ['A=1'], volumes: ['/data'], user: '5' },
  });
  assert.deepEqual(status.repoTags, ['docker.io/library/mine:1']);
  assert.deepEqual(
    [status.config.cmd, status.config.env, status.config.volumes, status.config.user, status.config.os],
    [['/bin/app'], ['A=1'], ['/data'], '5', 'linux'],
  );
  const [layer] = await opened.store.rootfsLayers(status.id);
  assert.ok(existsSync(join(layer ?? '', 'bin/app')));
});

test('a root file system that is damaged leaves nothing behind', needsRoot, async () => {
  using opened = await openTestStore();
  const tar = writeTar([{ name: 'a', content: 'x'.repeat(5000) }]).subarray(0, 3000);
  await assert.rejects(
    opened.store.importRootfs(Readable.from([tar]), { reference: 'mine:1' }),
    (error) =>
      isPeapodError(error, 'ImageCorrupt') &&
      error.message.startsWith('cannot import the root file system: tar archive'),
  );
  assert.deepEqual(opened.files(), EMPTY_STORE);
});

test(
  'layers that came whole before the registry went away are there for the next try',
  needsRoot,
  async () => {
    await using registry = await startFakeRegistry();
    using opened = await openTestStore();
    const reference = registry.offer('a:1', first);
    const [low, top] = first.layers;
    registry.intercept = (request, response) => {
      if (request.url?.endsWith(top?.digest ?? '') !== true) return false;
      return answerJson(response, 503, {});
    };
    await assert.rejects(opened.store.pullImage(reference), (error) =>
      isPeapodError(error, 'RegistryUnavailable'),
    );
    registry.intercept = () => false;
    await opened.store.pullImage(reference);
    assert.equal(registry.requests.filter(({ line }) => line.endsWith(low?.digest ?? '')).length, 1);
  },
);
