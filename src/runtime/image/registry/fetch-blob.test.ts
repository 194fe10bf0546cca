import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { Clock } from '../../../model/clock.ts';
import { PeapodError } from '../../../model/errors.ts';
import { digestOf } from '../digest.ts';
import { answerJson, startFakeRegistry } from '../testing/fake-registry.ts';
import {
  failsWith,
  image,
  isBlob,
  layerDigest,
  misbehave,
  needsRoot,
  noise,
} from '../testing/pull-fixture.ts';
import { EMPTY_STORE, openTestStore } from '../testing/test-store.ts';
import { type BlobSource, fetchBlob } from './fetch-blob.ts';
import type { HttpAnswer } from './http-client.ts';

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
  assert.deepEqual(opened.files(), EMPTY_STORE);
});

test('a registry that is away for a moment in the middle of a layer is waited for', async () => {
  const blob = { digest: digestOf(noise), sizeBytes: noise.length };
  const away = new PeapodError('RegistryUnavailable', 'cannot reach registry', { retryable: true });
  const sleeps: number[] = [];
  const clock: Clock = { now: () => 0, sleep: async (delayMs) => void sleeps.push(delayMs) };
  let calls = 0;
  const source: BlobSource = {
    endpoint: { host: 'a.io', path: 'x', name: 'a.io/x', insecure: false },
    async get(_, options) {
      calls++;
      if (calls === 2 || calls === 3) throw away;
      const start = Number(/\d+/.exec(options?.headers?.['range'] ?? '0')?.[0]);
      const body = Readable.from([noise.subarray(start, calls === 1 ? 1000 : undefined)]);
      const headers = { 'content-range': `bytes ${start}-${noise.length - 1}/${noise.length}` };
      return { status: start === 0 ? 200 : 206, headers, body: body as unknown as HttpAnswer['body'] };
    },
  };
  const chunks: Uint8Array[] = [];
  for await (const chunk of fetchBlob(source, blob, { clock })) chunks.push(chunk);
  assert.ok(Buffer.concat(chunks).equals(noise));
  assert.equal(sleeps.length, 2);

  calls = 1;
  await assert.rejects(async () => {
    for await (const chunk of fetchBlob(source, blob, { clock })) assert.ok(chunk);
  }, away);
});
