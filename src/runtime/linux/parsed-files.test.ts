import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
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
