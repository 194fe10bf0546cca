import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { isPeapodError } from '../../../model/errors.ts';
import { makePlayground } from '../testing/unpack-entries.ts';
import { writeTar } from '../testing/write-tar.ts';
import { applyLayer } from './apply-layer.ts';
import { decompress } from './decompress.ts';
import { DEFAULT_SPACE_LIMITS, SpaceGuard } from './space-guard.ts';

const content = Buffer.from('some text, '.repeat(20_000));

async function* pieces(bytes: Buffer, size = 999): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

async function decompressed(bytes: Buffer, size?: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of decompress(pieces(bytes, size))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const encodings: [string, Buffer][] = [
  ['nothing', content],
  ['gzip', gzipSync(content)],
  [
    'gzip in two members',
    Buffer.concat([gzipSync(content.subarray(0, 500)), gzipSync(content.subarray(500))]),
  ],
  ['zstd', zstdCompressSync(content)],
];

for (const [what, bytes] of encodings) {
  test(`what was compressed with ${what} comes out as it was`, async () => {
    assert.ok((await decompressed(bytes)).equals(content));
    if (bytes.length < 5000) assert.ok((await decompressed(bytes, 1)).equals(content));
  });
}

test('a stream that is shorter than any magic number is passed on', async () => {
  assert.equal((await decompressed(Buffer.from('ab'))).toString(), 'ab');
  assert.equal((await decompressed(Buffer.alloc(0))).length, 0);
});

for (const [what, compress] of [
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const) {
  test(`${what} data that is cut off or damaged is found out`, async () => {
    const bytes = compress(content);
    const isCorrupt = (error: unknown) => isPeapodError(error, 'ImageCorrupt');
    await assert.rejects(decompressed(bytes.subarray(0, bytes.length - 5)), isCorrupt);
    const damaged = Buffer.from(bytes);
    damaged.fill(0xff, 12, 30);
    await assert.rejects(decompressed(damaged), isCorrupt);
  });

  test(`a ${what} bomb is stopped before it fills the disk`, async () => {
    using playground = makePlayground();
    const bomb = compress(writeTar([{ name: 'zeros', content: Buffer.alloc(50_000_000) }]));
    assert.ok(bomb.length < 100_000);
    const guard = new SpaceGuard(playground.layer, { ...DEFAULT_SPACE_LIMITS, maxLayerBytes: 1_000_000 });
    await assert.rejects(
      applyLayer(decompress(pieces(bomb)), playground.layer, { guard }),
      (error) => isPeapodError(error, 'ImageCorrupt') && /unpacks to more than/.test(error.message),
    );
    assert.ok(guard.bytes < 3_000_000, `${guard.bytes}`);
  });
}

for (const [what, magic] of [
  ['bzip2', 'BZh91AY'],
  ['xz', '\xfd7zXZ\0\0'],
] as const) {
  test(`${what} is refused by name`, async () => {
    await assert.rejects(
      decompressed(Buffer.from(magic, 'latin1')),
      (error) => isPeapodError(error, 'Unsupported') && error.message.includes(what),
    );
  });
}

test('an error of the source stays what it is', async () => {
  const failing = (async function* () {
    yield gzipSync(content).subarray(0, 100);
    throw new Error('the network is down');
  })();
  await assert.rejects(async () => {
    for await (const chunk of decompress(failing)) assert.ok(chunk);
  }, /the network is down/);
});

test('a source is let go when nobody wants the rest', async () => {
  let released = false;
  const source = (async function* () {
    try {
      for (;;) yield gzipSync(content);
    } finally {
      released = true;
    }
  })();
  for await (const chunk of decompress(source)) {
    assert.ok(chunk.length > 0);
    break;
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(released);
});
