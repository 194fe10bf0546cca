import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { executableOf } from './executable-of.ts';

describe('the file to start an OCI runtime from', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'peapod-executable-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const program = (name: string, from = '/bin/true') => {
    const path = join(folder, name);
    copyFileSync(from, path);
    return path;
  };

  test("crun's is a copy in memory that runs and that nobody can change", () => {
    const path = program('crun', '/bin/cat');
    const copy = executableOf(path);
    assert.match(copy, /^\/proc\/\d+\/fd\/\d+$/);
    assert.deepEqual(readFileSync(copy), readFileSync(path));
    const { status, stdout } = spawnSync(copy, { input: 'said', argv0: path });
    assert.deepEqual([status, String(stdout)], [0, 'said']);
    assert.throws(() => {
      const fd = openSync(copy, 'r+');
      try {
        writeFileSync(fd, 'other');
      } finally {
        closeSync(fd);
      }
    }, /EPERM|ETXTBSY/);
    assert.equal(executableOf(path), copy);
  });

  test('a new version is copied anew', () => {
    const path = program('crun');
    const before = executableOf(path);
    copyFileSync('/bin/false', path);
    utimesSync(path, 1, 1);
    assert.notEqual(executableOf(path), before);
    assert.deepEqual(readFileSync(executableOf(path)), readFileSync('/bin/false'));
  });

  test('other programs, scripts and what is missing are started by their names', () => {
    const runc = program('runc');
    const script = join(folder, 'crun');
    writeFileSync(script, '#!/bin/sh\n', { mode: 0o755 });
    for (const path of [runc, script, join(folder, 'none', 'crun')]) assert.equal(executableOf(path), path);
  });
});
