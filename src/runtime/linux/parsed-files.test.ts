import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { appendLine } from './append-line.ts';
import { ParsedFiles } from './parsed-files.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

test('a file is read again when another one has taken its place, and only then', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'parsed-'));
  try {
    const files = new ParsedFiles<{ n: number }>();
    const path = join(directory, 'a.json');
    assert.equal(files.read(path), undefined);
    for (let n = 0; n < 200; n += 1) {
      await writeFileAtomic(path, JSON.stringify({ n }), { durable: false });
      const read = files.read(path);
      assert.equal(read?.n, n);
      assert.equal(files.read(path), read, 'the same object');
    }
    assert.throws(() => Object.assign(files.read(path) ?? {}, { n: 7 }), TypeError);
    rmSync(path);
    assert.equal(files.recall(path)?.n, 199);
    assert.equal(files.read(path), undefined);
    assert.equal(files.recall(path), undefined);
    assert.equal(files.read(join(path, 'below')), undefined);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('lines change the object, but for those that are not whole', () => {
  const directory = mkdtempSync(join(tmpdir(), 'parsed-'));
  try {
    const files = new ParsedFiles<{ n: number; of: { m: number }; more?: string }>();
    const path = join(directory, 'a.json');
    assert.throws(() => appendLine(path, '{}'), { code: 'ENOENT' });
    writeFileSync(path, '{"n":1,"of":{"m":1}}');
    assert.deepEqual(files.read(path), { n: 1, of: { m: 1 } });
    appendLine(path, '{"n":2}');
    assert.deepEqual(files.read(path), { n: 2, of: { m: 1 } });
    appendFileSync(path, '\n{"n":3,"of":{"m"');
    assert.deepEqual(files.read(path), { n: 2, of: { m: 1 } });
    appendLine(path, '{"of":{"m":4},"more":"a\\nb"}');
    appendFileSync(path, '\n\0\0\0\0');
    const read = files.read(path);
    assert.deepEqual(read, { n: 2, of: { m: 4 }, more: 'a\nb' });
    assert.equal(files.read(path), read, 'the same object');
    assert.throws(() => Object.assign(read?.of ?? {}, { m: 7 }), TypeError);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
