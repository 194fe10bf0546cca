import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { PullProgress } from '../../pod-runtime.ts';
import { goArchitecture, sha256 } from '../testing/build-image.ts';
import { startFakeRegistry } from '../testing/fake-registry.ts';
import {
  countOf,
  failsWith,
  image,
  isBlob,
  layerDigest,
  misbehave,
  needsRoot,
  noise,
} from '../testing/pull-fixture.ts';
import { EMPTY_STORE, openTestStore } from '../testing/test-store.ts';

test('an image is pulled with its layers, names and configuration', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const reference = registry.offer('team/app:1', image);
  const progress: PullProgress[] = [];
  const status = await opened.store.pullImage(reference, { onProgress: (step) => progress.push(step) });
  assert.equal(status.id, image.configDigest);
  assert.deepEqual(status.repoTags, [reference]);
  assert.deepEqual(status.repoDigests, [`${registry.host}/team/app@${image.manifestDigest}`]);
  assert.equal(status.sizeBytes, noise.length + 3);
  assert.deepEqual(status.config.cmd, ['run']);
  const [top, low] = await opened.store.rootfsLayers(status.id);
  assert.equal(readFileSync(join(top ?? '', 'top'), 'utf8'), 'top');
  assert.deepEqual(readFileSync(join(low ?? '', 'low')), noise);
  const phases = progress.filter((step) => step.layerDigest === layerDigest).map((step) => step.phase);
  assert.deepEqual([...new Set(phases)], ['waiting', 'downloading', 'unpacking', 'done']);
});

test('layers that are here already are not fetched again', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  await opened.store.pullImage(registry.offer('a:1', image));
  const progress: PullProgress[] = [];
  await opened.store.pullImage(registry.offer('b:1', image), { onProgress: (step) => progress.push(step) });
  assert.equal(countOf(registry, layerDigest), 1);
  assert.equal(progress.at(-1)?.phase, 'present');
});

test('two processes that pull one image fetch each layer once', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const other = await opened.reopen();
  const reference = registry.offer('a:1', image);
  await Promise.all([opened.store.pullImage(reference), other.pullImage(reference)]);
  assert.equal(countOf(registry, layerDigest), 1);
});

test('an image that is not there says so', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  await assert.rejects(
    opened.store.pullImage(`${registry.host}/a:1`),
    failsWith('ImageNotFound', /^cannot pull image ".*\/a:1": registry answered 404: manifest unknown$/),
  );
});

test('of an index the image for this machine is taken, by its digest', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  registry.offer('a:mine', image);
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const descriptor = (architecture: string, digest: string, variant?: string) => ({
    mediaType: image.manifestMediaType,
    digest,
    size: 1,
    platform: { os: 'linux', architecture, variant },
  });
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      manifests: [
        descriptor('s390x', sha256(Buffer.from('other'))),
        descriptor(goArchitecture(), sha256(Buffer.from('too new')), 'v99'),
        descriptor(goArchitecture(), image.manifestDigest),
      ],
    }),
  );
  registry.manifests.set('a/1', { bytes: index, mediaType });
  const status = await opened.store.pullImage(`${registry.host}/a:1`);
  assert.equal(status.id, image.configDigest);
  assert.deepEqual(status.repoDigests, [`${registry.host}/a@${sha256(index)}`]);
  const byDigest = await opened.store.imageStatus(`${registry.host}/a@${sha256(index)}`);
  assert.equal(byDigest?.id, status.id);

  const foreign = await opened.reopen({ platform: { os: 'linux', architecture: 'riscv64', variant: '' } });
  await assert.rejects(
    foreign.pullImage(`${registry.host}/a:1`),
    failsWith('ImageNotFound', /no image for linux\/riscv64 in it; it has: linux\/s390x, linux\/\w+/),
  );
});

test('an abort ends the pull and leaves nothing behind', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const reference = registry.offer('a:1', image);
  const stop = new AbortController();
  misbehave(
    registry,
    1,
    (request) => isBlob(request, layerDigest),
    (_, response) => {
      response.writeHead(200, { 'content-length': 300_000 });
      response.write(image.blobs.get(layerDigest)?.subarray(0, 60_000), () => stop.abort());
    },
  );
  await assert.rejects(opened.store.pullImage(reference, { signal: stop.signal }), { name: 'AbortError' });
  assert.deepEqual(opened.files(), EMPTY_STORE);
});

test('a disk without room stops the pull, and nothing is left behind', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore({ limits: { reserveBytes: Number.MAX_SAFE_INTEGER } });
  await assert.rejects(
    opened.store.pullImage(registry.offer('a:1', image)),
    failsWith('NoSpace', /^cannot pull image .* no space left/),
  );
  assert.deepEqual(opened.files(), EMPTY_STORE);
});

test('a mirror is asked first, and the registry when the mirror fails', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  await using mirror = await startFakeRegistry();
  using opened = await openTestStore();
  const conf = join(dirname(opened.directory), 'registries.conf');
  writeFileSync(
    conf,
    `[[registry]]\nprefix = "example.test/team"\nlocation = "${registry.host}/origin"\n` +
      `[[registry.mirror]]\nlocation = "${mirror.host}/copy"\n`,
  );
  registry.offer('origin/app:1', image);
  const first = await opened.store.pullImage('example.test/team/app:1');
  assert.equal(mirror.requests[0]?.line, 'GET /v2/copy/app/manifests/1');
  assert.deepEqual(first.repoTags, ['example.test/team/app:1']);
  assert.ok(registry.requests.length > 0);
  mirror.offer('copy/app:2', image);
  const before = registry.requests.length;
  await opened.store.pullImage('example.test/team/app:2');
  assert.equal(registry.requests.length, before);
});

test('a layer that goes to another digest than the whole image is kept for nobody', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const reference = registry.offer('a:1', image);
  registry.blobs.delete(image.layers[1]?.digest ?? '');
  await assert.rejects(opened.store.pullImage(reference), failsWith('ImageNotFound', /blob unknown/));
  assert.deepEqual(await opened.store.listImages(), []);
  assert.deepEqual(opened.files(), EMPTY_STORE);
});

test("the directories of a store are root's alone", needsRoot, async () => {
  using opened = await openTestStore();
  assert.equal(statSync(opened.directory).mode & 0o777, 0o700);
});
