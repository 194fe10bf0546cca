import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { endUnfinished } from './end-unfinished.ts';
import { inject } from './external-step.ts';
import { findPrograms, findProgramsByEnvironment } from './find-programs.ts';
import { removeUnheldLocks, tryLockFile } from './lock-file.ts';
import { ParsedFiles } from './parsed-files.ts';
import { removeTorn } from './write-file-atomic.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crash-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a record that a loss of power has torn counts as none, until a whole one takes its place', () => {
  const path = join(directory, 'record.json');
  const files = new ParsedFiles<{ id: string }>();
  for (const torn of ['', '{"id":', '\0\0\0\0']) {
    writeFileSync(path, torn);
    assert.equal(files.read(path), undefined, JSON.stringify(torn));
  }
  writeFileSync(path, '{"id":"a"}');
  assert.deepEqual(files.read(path), { id: 'a' });
});

test('half-written files of processes that are gone are deleted, those of living ones are not', async () => {
  const gone = spawn('true');
  await once(gone, 'exit');
  const living = `a.json.${process.pid}.1.tmp`;
  for (const name of ['a.json', living, `a.json.${gone.pid}.1.tmp`, 'notes.tmp'])
    writeFileSync(join(directory, name), '');
  await removeTorn(directory);
  assert.deepEqual(readdirSync(directory).sort(), ['a.json', living, 'notes.tmp'].sort());
  await removeTorn(join(directory, 'none'));
});

test('lock files that nobody holds are deleted, held ones stay', () => {
  writeFileSync(join(directory, 'left'), '');
  using _ = tryLockFile(join(directory, 'held'));
  removeUnheldLocks(directory);
  assert.deepEqual(readdirSync(directory), ['held']);
  removeUnheldLocks(join(directory, 'none'));
});

test('a lock whose file cannot be removed is given back nevertheless', () => {
  const path = join(directory, 'lock');
  const lock = tryLockFile(path, { removeFile: true });
  {
    using _ = inject({ kind: 'fail', step: `unlink ${path}`, occurrence: 1, code: 'EPERM' });
    lock?.[Symbol.dispose]();
  }
  using again = tryLockFile(path);
  assert.ok(again);
});

test('programs are found by an argument or by their environment, and waited for', async () => {
  const child = spawn('sleep', ['1000.25'], {
    env: { ...process.env, CNI_CONTAINERID: directory },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  assert.deepEqual(findPrograms('sleep', '1000.25').includes(child.pid ?? 0), true);
  assert.deepEqual(findPrograms('sleep', 'other'), []);
  const find = () => findProgramsByEnvironment([`CNI_CONTAINERID=${directory}`]);
  assert.deepEqual(find(), [child.pid]);
  setTimeout(() => child.kill('SIGKILL'), 50);
  await endUnfinished(find);
  assert.deepEqual(find(), []);
  await ended;
});
