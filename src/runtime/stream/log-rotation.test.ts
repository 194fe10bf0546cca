import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { rotateLog } from './log-rotation.ts';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'peapod-rotate-'));
  path = join(directory, '0.log');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const start = Date.UTC(2026, 0, 1);
const policy = { maxBytes: 10, maxFiles: 4 };

test('a small log stays as it is', async () => {
  writeFileSync(path, 'small');
  assert.equal(await rotateLog(path, start, async () => {}, policy), false);
  assert.deepEqual(readdirSync(directory), ['0.log']);
});

test('rotating keeps so many files, compressed but for the newest old one', async () => {
  for (let round = 0; round < 7; round++) {
    writeFileSync(path, `round ${round} ..........`);
    assert.equal(
      await rotateLog(path, start + round * 1000, async () => writeFileSync(path, ''), policy),
      true,
    );
  }
  const files = readdirSync(directory).sort();
  assert.deepEqual(files, [
    '0.log',
    '0.log.20260101-000004.000.gz',
    '0.log.20260101-000005.000.gz',
    '0.log.20260101-000006.000',
  ]);
  const compressed = gunzipSync(readFileSync(join(directory, '0.log.20260101-000005.000.gz')));
  assert.equal(compressed.toString(), 'round 5 ..........');
});

test('when the writer does not open the new file, the old one gets its name back', async () => {
  writeFileSync(path, '0123456789');
  await assert.rejects(
    rotateLog(path, start, async () => Promise.reject(new Error('gone')), policy),
    /gone/,
  );
  assert.deepEqual(readdirSync(directory), ['0.log']);
});

test('what an interrupted rotation left is cleared', async () => {
  writeFileSync(path, '0123456789');
  writeFileSync(`${path}.20260101-000000.000`, 'twin');
  writeFileSync(`${path}.20260101-000000.000.gz`, 'twin, compressed');
  writeFileSync(`${path}.20251231-000000.000.tmp`, 'half');
  await rotateLog(path, start + 5000, async () => writeFileSync(path, ''), policy);
  assert.deepEqual(readdirSync(directory).sort(), [
    '0.log',
    '0.log.20260101-000000.000.gz',
    '0.log.20260101-000005.000',
  ]);
  assert.equal(statSync(path).size, 0);
});
