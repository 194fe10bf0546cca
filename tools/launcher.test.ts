/** `./peapod` as an installed package and as a clone have it, with programs in Node.js's place that tell how they were called. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

const LAUNCHER = join(import.meta.dirname, '../peapod');
let folder: string;
let home: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peapod-launcher-'));
  home = join(folder, 'package');
  mkdirSync(join(home, 'dist'), { recursive: true });
  mkdirSync(join(folder, 'bin'));
  copyFileSync(LAUNCHER, join(home, 'peapod'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('an installed package starts the Node.js of PATH once, with what was built', () => {
  writeFileSync(join(home, 'dist/main.js'), '');
  fakeNode('true');
  assert.equal(launch().status, 0);
  const [only = '', ...more] = calls();
  assert.deepEqual(more, []);
  // What comes before is for Node.js and V8.
  assert.match(only, new RegExp(`^(--\\S+ )*${home}/dist/main.js run -f a.yaml$`));
});

test('a link to the launcher leads to its package', () => {
  writeFileSync(join(home, 'dist/main.js'), '');
  fakeNode('true');
  symlinkSync(join(home, 'peapod'), join(folder, 'bin/peapod'));
  assert.equal(launch(join(folder, 'bin/peapod')).status, 0);
  assert.match(calls()[0] ?? '', new RegExp(`${home}/dist/main.js run`));
});

test('sources run on a Node.js that can, and on an older one it is told what is needed', () => {
  fakeNode('true');
  assert.equal(launch().status, 0);
  assert.match(calls().at(-1) ?? '', new RegExp(`${home}/src/cli/main.ts run -f a.yaml`));
  fakeNode('false');
  const { status, stderr } = launch();
  assert.deepEqual([status, stderr], [69, needed()]);
});

test('without any Node.js it is told what is needed', () => {
  writeFileSync(join(home, 'dist/main.js'), '');
  const { status, stderr } = launch();
  assert.deepEqual([status, stderr], [69, needed()]);
});

/** @param answer to whether it is new enough */
function fakeNode(answer: string): void {
  const script = `#!/bin/sh\necho "$*" >> '${folder}/calls'\n[ "$1" != -p ] || echo ${answer}\n`;
  writeFileSync(join(folder, 'bin/node'), script, { mode: 0o755 });
}

function calls(): string[] {
  return readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n');
}

function needed(): string {
  return `peapod: needs Node.js 24 or later: run 'npm install' in ${home}, or set PEAPOD_NODE\n`;
}

function launch(launcher = join(home, 'peapod')): { status: number | null; stderr: string } {
  // The launcher needs readlink where it is a link.
  for (const tool of ['readlink', 'find']) {
    const path = spawnSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
    rmSync(join(folder, 'bin', tool), { force: true });
    symlinkSync(path, join(folder, 'bin', tool));
  }
  const env = { PATH: join(folder, 'bin'), HOME: folder };
  return spawnSync('/bin/sh', [launcher, 'run', '-f', 'a.yaml'], { env, encoding: 'utf8' });
}
