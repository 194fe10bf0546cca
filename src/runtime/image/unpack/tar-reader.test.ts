import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isPeapodError } from '../../../model/errors.ts';
import { writeTar } from '../testing/write-tar.ts';
import type { TarHeader } from './tar-header.ts';
import { readTar } from './tar-reader.ts';

async function readAll(tar: Buffer, pieceBytes = 700): Promise<{ header: TarHeader; content: Buffer }[]> {
  const found: { header: TarHeader; content: Buffer }[] = [];
  for await (const { header, body } of readTar(pieces(tar, pieceBytes))) {
    const content: Buffer[] = [];
    for (let piece = await body.next(); piece !== undefined; piece = await body.next()) content.push(piece);
    found.push({ header, content: Buffer.concat(content) });
  }
  return found;
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

function isCorrupt(error: unknown): boolean {
  return isPeapodError(error, 'ImageCorrupt');
}

for (const format of ['gnu', 'pax', 'ustar', 'v7']) {
  test(`what tar writes as ${format} is read as it was`, async () => {
    const root = mkdtempSync(join(tmpdir(), 'peapod-tar-'));
    try {
      const name = format === 'v7' || format === 'ustar' ? 'short' : 'long'.repeat(50);
      mkdirSync(join(root, 'd'));
      writeFileSync(join(root, 'd', name), 'content'.repeat(500), { mode: 0o640 });
      const flags = [`--format=${format}`, '--owner=:12', '--group=:34', '--mtime=@1600000000'];
      const tar = execFileSync('tar', [...flags, '-C', root, '-c', 'd']);
      const entries = await readAll(tar);
      assert.deepEqual(
        entries.map(({ header }) => [header.name, header.type]),
        [
          ['d/', '5'],
          [`d/${name}`, '0'],
        ],
      );
      const file = entries[1];
      assert.equal(file?.content.toString(), 'content'.repeat(500));
      assert.deepEqual(
        [file?.header.mode, file?.header.uid, file?.header.gid, file?.header.mtime.seconds],
        [0o640, 12, 34, 1_600_000_000],
      );
    } finally {
      rmSync(root, { recursive: true });
    }
  });
}

test('a sparse file is refused by name', async () => {
  const root = mkdtempSync(join(tmpdir(), 'peapod-tar-'));
  try {
    writeFileSync(join(root, 'sparse'), 'x');
    truncateSync(join(root, 'sparse'), 1024 * 1024);
    for (const format of ['gnu', 'pax']) {
      const tar = execFileSync('tar', ['-S', `--format=${format}`, '-C', root, '-c', 'sparse']);
      await assert.rejects(
        readAll(tar),
        (error) => isPeapodError(error, 'Unsupported') && /sparse/.test(error.message),
      );
    }
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('an archive that is cut off anywhere within an entry is damaged', async () => {
  const tar = writeTar([{ name: 'a'.repeat(150), content: 'x'.repeat(700) }]);
  for (const length of [100, 600, 1100, 1600, 2100]) {
    await assert.rejects(readAll(tar.subarray(0, length)), isCorrupt, `cut at ${length}`);
  }
});

test('an archive may end without the blocks of zeros', async () => {
  const tar = writeTar([{ name: 'a', content: 'x' }]);
  assert.equal((await readAll(tar.subarray(0, 1024))).length, 1);
});

test("what follows an archive's end is read to its end", async () => {
  let read = 0;
  const tar = Buffer.concat([writeTar([{ name: 'a' }]), Buffer.alloc(5000, 'garbage')]);
  const counted = (async function* () {
    for await (const piece of pieces(tar, 512)) {
      read += piece.length;
      yield piece;
    }
  })();
  for await (const { header } of readTar(counted)) assert.equal(header.name, 'a');
  assert.equal(read, tar.length);
});

test('a header with a flipped bit is damaged', async () => {
  const tar = writeTar([{ name: 'a', content: 'x' }]);
  tar[1] = 0x41;
  await assert.rejects(readAll(tar), isCorrupt);
});

test('content that nobody asks for is skipped', async () => {
  const names: string[] = [];
  const tar = writeTar([
    { name: 'a', content: 'x'.repeat(3000) },
    { name: 'b', content: 'y' },
  ]);
  for await (const { header } of readTar(pieces(tar, 100))) names.push(header.name);
  assert.deepEqual(names, ['a', 'b']);
});

test('whatever the bytes, an archive is read, or found damaged', async () => {
  const whole = writeTar([
    { name: 'a'.repeat(120), content: 'x', xattrs: { 'user.a': Buffer.from([1, 2]) }, mtime: 1.5 },
    { name: 'b', type: 'symlink', linkname: 'a' },
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
      async (changes) => {
        const tar = Buffer.from(whole);
        for (const [offset, value] of changes) tar[offset] = value;
        try {
          await readAll(tar);
        } catch (error) {
          assert.ok(isCorrupt(error) || isPeapodError(error, 'Unsupported'), String(error));
        }
      },
    ),
  );
});
