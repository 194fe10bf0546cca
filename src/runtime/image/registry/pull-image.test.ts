import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { type ErrorCode, isPeapodError } from '../../../model/errors.ts';
import type { PullProgress } from '../../pod-runtime.ts';
import { buildImage, type BuiltImage, goArchitecture, sha256 } from '../testing/build-image.ts';
import { answerJson, type FakeRegistry, startFakeRegistry } from '../testing/fake-registry.ts';
import { EMPTY_STORE, openTestStore } from '../testing/test-store.ts';

const needsRoot = { skip: process.getuid?.() === 0 ? false : 'unpacking needs root' };

/** Bytes that don't compress, so that a layer comes in several pieces. */
const noise = Buffer.concat(
  Array.from({ length: 10_000 }, (_, index) => createHash('sha256').update(String(index)).digest()),
);

const image = buildImage({
  layers: [[{ name: 'low', content: noise }], [{ name: 'top', content: 'top' }]],
  config: { Env: ['A=1'], Cmd: ['run'] },
});
const layerDigest = image.layers[0]?.digest ?? '';

function failsWith(code: ErrorCode, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, message);
    assert.ok(isPeapodError(error, code), `${code} expected: ${String(error)}`);
    return true;
  };
}

function isBlob(request: IncomingMessage, digest: string): boolean {
  return request.url?.endsWith(`/blobs/${digest}`) === true;
}

function countOf(registry: FakeRegistry, digest: string): number {
  return registry.requests.filter(({ line }) => line.endsWith(digest)).length;
}

/** Answers the first so many requests that fit in its own way, the others as usual. */
function misbehave(
  registry: FakeRegistry,
  times: number,
  fits: (request: IncomingMessage) => boolean,
  act: (request: IncomingMessage, response: ServerResponse) => void,
): void {
  let left = times;
  registry.intercept = (request, response) => {
    if (left === 0 || !fits(request)) return false;
    left--;
    act(request, response);
    return true;
  };
}

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

for (const status of [500, 503, 429]) {
  test(`an answer ${status} is followed by another try, later`, needsRoot, async () => {
    await using registry = await startFakeRegistry();
    using opened = await openTestStore();
    const headers = status === 429 ? { 'retry-after': '7' } : {};
    misbehave(
      registry,
      2,
      () => true,
      (_, response) => answerJson(response, status, {}, headers),
    );
    await opened.store.pullImage(registry.offer('a:1', image));
    assert.deepEqual(opened.sleeps, status === 429 ? [7000, 7000] : [250, 500]);
  });
}

test('a registry that keeps failing is given up', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const reference = registry.offer('a:1', image);
  registry.intercept = (_, response) => answerJson(response, 503, {});
  await assert.rejects(
    opened.store.pullImage(reference),
    failsWith('RegistryUnavailable', /^cannot pull image "127\.0\.0\.1:\d+\/a:1": registry answered 503$/),
  );
  assert.equal(opened.sleeps.length, 5);
  assert.deepEqual(opened.files(), EMPTY_STORE);
});

test('a layer whose connection breaks goes on where it stopped', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const blob = image.blobs.get(layerDigest) ?? Buffer.alloc(0);
  misbehave(
    registry,
    3,
    (request) => isBlob(request, layerDigest),
    (request, response) => {
      const start = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
      const part = blob.subarray(start, start + 50_000);
      const range = `bytes ${start}-${blob.length - 1}/${blob.length}`;
      response.writeHead(start === 0 ? 200 : 206, {
        'content-length': blob.length - start,
        ...(start === 0 ? {} : { 'content-range': range }),
      });
      response.write(part, () => setImmediate(() => response.destroy()));
    },
  );
  const status = await opened.store.pullImage(registry.offer('a:1', image));
  const ranges = registry.requests
    .filter(({ line }) => line.endsWith(layerDigest))
    .map(({ headers }) => headers.range);
  assert.equal(ranges.length, 4);
  assert.ok(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? '')));
  const [, low] = await opened.store.rootfsLayers(status.id);
  assert.deepEqual(readFileSync(join(low ?? '', 'low')), noise);
});

test('a registry that heeds no ranges is read from the start again', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const blob = image.blobs.get(layerDigest) ?? Buffer.alloc(0);
  let served = 0;
  misbehave(
    registry,
    2,
    (request) => isBlob(request, layerDigest),
    (_, response) => {
      response.writeHead(200, { 'content-length': blob.length });
      if (served++ > 0) response.end(blob);
      else response.write(blob.subarray(0, 70_000), () => setImmediate(() => response.destroy()));
    },
  );
  const status = await opened.store.pullImage(registry.offer('a:1', image));
  const [, low] = await opened.store.rootfsLayers(status.id);
  assert.deepEqual(readFileSync(join(low ?? '', 'low')), noise);
});

test('a truncated layer is found out, and nothing is left of it', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const reference = registry.offer('a:1', image);
  registry.blobs.set(layerDigest, image.blobs.get(layerDigest)?.subarray(0, 100_000) ?? Buffer.alloc(0));
  await assert.rejects(
    opened.store.pullImage(reference),
    failsWith('ImageCorrupt', /is cut off: 100000 of \d+ bytes are there$/),
  );
  await opened.store.gc();
  assert.deepEqual(opened.files(), EMPTY_STORE);
});

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
  await opened.store.gc();
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
    await opened.store.gc();
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
  await opened.store.gc();
  assert.deepEqual(opened.files(), EMPTY_STORE);
});

test('a disk without room stops the pull, and nothing is left behind', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore({ limits: { reserveBytes: Number.MAX_SAFE_INTEGER } });
  await assert.rejects(
    opened.store.pullImage(registry.offer('a:1', image)),
    failsWith('NoSpace', /^cannot pull image .* no space left/),
  );
  await opened.store.gc();
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

test('credentials are shown to the registry that asks, not to where it redirects', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  await using storage = await startFakeRegistry();
  using opened = await openTestStore();
  writeFileSync(
    join(dirname(opened.directory), 'auth.json'),
    JSON.stringify({ auths: { [registry.host]: { auth: btoa('me:secret') } } }),
  );
  registry.intercept = (request, response) => {
    if (request.headers.authorization !== `Basic ${btoa('me:secret')}`) {
      return answerJson(response, 401, {}, { 'www-authenticate': 'Basic realm="x"' });
    }
    if (!isBlob(request, layerDigest)) return false;
    response.writeHead(307, { location: `http://${storage.host}/v2/x/blobs/${layerDigest}` }).end();
    return true;
  };
  storage.offer('x:1', image);
  await opened.store.pullImage(registry.offer('a:1', image));
  assert.equal(storage.requests.length, 1);
  assert.equal(storage.requests[0]?.headers.authorization, undefined);
});

test(
  'a token is fetched from the server that the registry names, once for all layers',
  needsRoot,
  async () => {
    await using registry = await startFakeRegistry();
    using opened = await openTestStore();
    registry.intercept = tokenAuth(registry, 'good');
    const status = await opened.store.pullImage(registry.offer('team/app:1', image), {
      auth: { username: 'me', password: 'secret' },
    });
    assert.equal(status.id, image.configDigest);
    const tokens = registry.requests.filter(({ line }) => line.includes('/token'));
    assert.equal(tokens.length, 1);
    assert.match(tokens[0]?.line ?? '', /service=reg&scope=repository%3Ateam%2Fapp%3Apull&account=me/);
    assert.equal(tokens[0]?.headers.authorization, `Basic ${btoa('me:secret')}`);
  },
);

test('a token that runs out is fetched anew', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const auth = tokenAuth(registry, 'good');
  let expired = false;
  registry.intercept = (request, response) => {
    if (isBlob(request, layerDigest) && !expired) {
      expired = true;
      return answerJson(response, 401, {}, challenge(registry));
    }
    return auth(request, response);
  };
  await opened.store.pullImage(registry.offer('a:1', image), {
    auth: { username: 'me', password: 'secret' },
  });
  assert.equal(registry.requests.filter(({ line }) => line.includes('/token')).length, 2);
});

test('who is refused is told so', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const reference = registry.offer('a:1', image);
  registry.intercept = tokenAuth(registry, 'good');
  const wrong = { auth: { username: 'me', password: 'wrong' } };
  await assert.rejects(
    opened.store.pullImage(reference, wrong),
    failsWith('ImageUnauthorized', /^cannot pull image ".*": registry answered 401$/),
  );
  registry.intercept = (_, response) => answerJson(response, 403, {});
  await assert.rejects(opened.store.pullImage(reference), failsWith('ImageUnauthorized', /answered 403$/));
});

test('a layer that goes to another digest than the whole image is kept for nobody', needsRoot, async () => {
  await using registry = await startFakeRegistry();
  using opened = await openTestStore();
  const reference = registry.offer('a:1', image);
  registry.blobs.delete(image.layers[1]?.digest ?? '');
  await assert.rejects(opened.store.pullImage(reference), failsWith('ImageNotFound', /blob unknown/));
  assert.deepEqual(await opened.store.listImages(), []);
  await opened.store.gc();
  assert.deepEqual(opened.files(), EMPTY_STORE);
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

function challenge(registry: FakeRegistry): Record<string, string> {
  return { 'www-authenticate': `Bearer realm="http://${registry.host}/token",service="reg"` };
}

function tokenAuth(registry: FakeRegistry, token: string): FakeRegistry['intercept'] {
  return (request, response) => {
    if (request.url?.startsWith('/token') === true) {
      const right = request.headers.authorization === `Basic ${btoa('me:secret')}`;
      return right ? answerJson(response, 200, { token }) : answerJson(response, 401, {});
    }
    if (request.headers.authorization === `Bearer ${token}`) return false;
    return answerJson(response, 401, {}, challenge(registry));
  };
}

test("the directories of a store are root's alone", needsRoot, async () => {
  using opened = await openTestStore();
  assert.equal(statSync(opened.directory).mode & 0o777, 0o700);
});
