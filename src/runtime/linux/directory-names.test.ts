import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, renameSync, rmSync, rmdirSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DirectoryNames } from './directory-names.ts';

const root = mkdtempSync(join(tmpdir(), 'names-'));
after(() => rmSync(root, { recursive: true }));

test('each change is seen at once, however fast they follow each other', () => {
  const path = join(root, 'busy');
  const names = new DirectoryNames(path);
  assert.deepEqual(names.list(), []);
  mkdirSync(path);
  const expected = new Set<string>();
  for (let round = 0; round < 2000; round += 1) {
    const name = `n${round % 7}`;
    if (expected.delete(name)) rmdirSync(join(path, name));
    else {
      expected.add(name);
      mkdirSync(join(path, name));
    }
    assert.deepEqual(new Set(names.list()), expected);
  }
});

test('a directory that rests is read once, and again after a change', async () => {
  const path = join(root, 'resting');
  mkdirSync(join(path, 'a'), { recursive: true });
  const names = new DirectoryNames(path, (name) => name !== 'b');
  await delay(150);
  const first = names.list();
  assert.equal(names.list(), first);
  assert.deepEqual(first, ['a']);
  writeFileSync(join(path, 'b'), '');
  writeFileSync(join(path, 'c'), '');
  assert.deepEqual([...names.list()].sort(), ['a', 'c']);
  await delay(150);
  const second = names.list();
  assert.equal(names.list(), second);
  renameSync(join(path, 'c'), join(path, 'd'));
  assert.deepEqual([...names.list()].sort(), ['a', 'd']);
});

test('another directory in its place is another, also when it is of the same age', async () => {
  const [path, other] = [join(root, 'place'), join(root, 'other')];
  mkdirSync(join(path, 'old'), { recursive: true });
  mkdirSync(join(other, 'new'), { recursive: true });
  const then = new Date(Date.now() - 60_000);
  for (const one of [path, other]) utimesSync(one, then, then);
  await delay(150);
  const names = new DirectoryNames(path);
  assert.deepEqual(names.list(), ['old']);
  rmSync(path, { recursive: true });
  assert.deepEqual(names.list(), []);
  renameSync(other, path);
  assert.deepEqual(names.list(), ['new']);
});
