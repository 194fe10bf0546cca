import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listXattrs, readXattr } from '../testing/list-xattrs.ts';
import { makePlayground } from '../testing/unpack-entries.ts';
import { writeTar } from '../testing/write-tar.ts';

const needsRoot = { skip: process.getuid?.() === 0 ? false : 'unpacking needs root' };

function isWhiteoutDevice(path: string): boolean {
  const found = lstatSync(path);
  return found.isCharacterDevice() && found.rdev === 0;
}

test('files, directories, links, devices and fifos come out as they went in', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([
    { name: 'd', type: 'directory', mode: 0o1777, uid: 5, gid: 6, mtime: 1_000_000_000 },
    { name: 'd/f', content: 'text', mode: 0o4755, uid: 1000, gid: 2_000_000_000, mtime: 1_600_000_000.25 },
    { name: 'd/hard', type: 'link', linkname: 'd/f' },
    { name: 'soft', type: 'symlink', linkname: 'd/f', uid: 7, gid: 8, mtime: 1_000_000_001 },
    { name: 'null', type: 'character-device', devmajor: 1, devminor: 3, mode: 0o666 },
    { name: 'disk', type: 'block-device', devmajor: 259, devminor: 70_000, mode: 0o600 },
    { name: 'pipe', type: 'fifo', mode: 0o620 },
  ]);
  const at = (name: string) => lstatSync(join(playground.layer, name), { bigint: true });
  assert.equal(readFileSync(join(playground.layer, 'd/f'), 'utf8'), 'text');
  assert.equal(at('d').mode & 0o7777n, 0o1777n);
  assert.deepEqual([at('d').uid, at('d').gid, at('d').mtimeNs], [5n, 6n, 1_000_000_000_000_000_000n]);
  assert.equal(at('d/f').mode & 0o7777n, 0o4755n);
  assert.deepEqual(
    [at('d/f').uid, at('d/f').gid, at('d/f').mtimeNs],
    [1000n, 2_000_000_000n, 1_600_000_000_250_000_000n],
  );
  assert.equal(at('d/hard').ino, at('d/f').ino);
  assert.deepEqual(
    [at('soft').uid, at('soft').gid, at('soft').mtimeNs],
    [7n, 8n, 1_000_000_001_000_000_000n],
  );
  assert.ok(at('null').isCharacterDevice());
  assert.equal(at('null').rdev, 0x103n);
  assert.equal(at('null').mode & 0o7777n, 0o666n);
  assert.ok(at('disk').isBlockDevice());
  assert.ok(at('pipe').isFIFO());
  assert.equal(at('pipe').mode & 0o7777n, 0o620n);
});

test('file capabilities and user attributes are kept, byte for byte', needsRoot, async () => {
  using playground = makePlayground();
  const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
  await playground.unpack([
    {
      name: 'ping',
      content: 'x',
      uid: 3,
      xattrs: { 'security.capability': capability, 'user.note': Buffer.from([255, 0, 10]) },
    },
  ]);
  const file = join(playground.layer, 'ping');
  assert.deepEqual(readXattr(file, 'security.capability'), capability);
  assert.deepEqual(readXattr(file, 'user.note'), Buffer.from([255, 0, 10]));
});

test('what a layer deletes becomes a character device 0/0', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([
    { name: 'etc', type: 'directory', mode: 0o700 },
    { name: 'etc/.wh.motd' },
    { name: '.wh.opt' },
  ]);
  assert.ok(isWhiteoutDevice(join(playground.layer, 'etc/motd')));
  assert.ok(isWhiteoutDevice(join(playground.layer, 'opt')));
  assert.deepEqual(readdirSync(join(playground.layer, 'etc')), ['motd']);
});

test('an opaque directory bears the attribute that overlayfs looks for', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([
    { name: 'a/b', type: 'directory' },
    { name: 'a/b/.wh..wh..opq' },
    { name: 'c/.wh..wh..opq' },
  ]);
  for (const name of ['a/b', 'c']) {
    assert.equal(readXattr(join(playground.layer, name), 'trusted.overlay.opaque')?.toString(), 'y');
  }
  assert.deepEqual(readdirSync(join(playground.layer, 'a/b')), []);
});

test('the root of a layer can be opaque', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([{ name: '.wh..wh..opq' }]);
  assert.deepEqual(listXattrs(playground.layer), ['trusted.overlay.opaque']);
});

test('a whiteout does not delete what its own layer brings, whichever comes first', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([
    { name: 'a', content: 'a' },
    { name: '.wh.a' },
    { name: '.wh.b' },
    { name: 'b', content: 'b' },
  ]);
  assert.equal(readFileSync(join(playground.layer, 'a'), 'utf8'), 'a');
  assert.equal(readFileSync(join(playground.layer, 'b'), 'utf8'), 'b');
});

test('a directory in the place of a whiteout hides the one below', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([{ name: '.wh.a' }, { name: 'a', type: 'directory' }, { name: 'a/x' }]);
  assert.ok(statSync(join(playground.layer, 'a')).isDirectory());
  assert.deepEqual(listXattrs(join(playground.layer, 'a')), ['trusted.overlay.opaque']);
});

test('what old storage drivers kept for themselves is left out', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([{ name: '.wh..wh.plnk/1.2', content: 'x' }, { name: '.wh..wh.aufs' }]);
  assert.deepEqual(readdirSync(playground.layer), []);
});

test('a directory that comes twice keeps its content and takes the later attributes', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([
    { name: 'a', type: 'directory', mode: 0o700 },
    { name: 'a/x' },
    { name: 'a', type: 'directory', mode: 0o750, mtime: 42 },
  ]);
  const found = statSync(join(playground.layer, 'a'));
  assert.equal(found.mode & 0o7777, 0o750);
  assert.equal(found.mtimeMs, 42_000);
  assert.ok(existsSync(join(playground.layer, 'a/x')));
});

test('missing parents are made, open to all to read', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([{ name: './a/b/c', content: 'x', uid: 9 }]);
  assert.equal(statSync(join(playground.layer, 'a/b')).mode & 0o7777, 0o755);
  assert.equal(statSync(join(playground.layer, 'a/b')).uid, 0);
});

test(
  'a file below a directory that is a symlink of the same layer lands where it leads',
  needsRoot,
  async () => {
    using playground = makePlayground();
    await playground.unpack([
      { name: 'usr/lib', type: 'directory' },
      { name: 'lib', type: 'symlink', linkname: 'usr/lib' },
      { name: 'lib/x', content: 'x' },
    ]);
    assert.equal(readFileSync(join(playground.layer, 'usr/lib/x'), 'utf8'), 'x');
  },
);

test('names need not be UTF-8', needsRoot, async () => {
  using playground = makePlayground();
  const tar = writeTar([{ name: 'caf_' }]);
  tar[3] = 0xe9;
  tar.fill(0x20, 148, 156);
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  await playground.unpack(tar);
  assert.deepEqual(readdirSync(playground.layer, { encoding: 'latin1' }), ['café']);
});

test('the root takes the owner and mode of its own entry', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([{ name: './', type: 'directory', mode: 0o711, uid: 12 }]);
  const { mode, uid } = statSync(playground.layer);
  assert.deepEqual([mode & 0o7777, uid], [0o711, 12]);
});

test("a layer's root is open to all to read when the layer says nothing of it", needsRoot, async () => {
  using playground = makePlayground();
  mkdirSync(playground.layer, { recursive: true, mode: 0o700 });
  await playground.unpack([{ name: 'a' }]);
  assert.equal(statSync(playground.layer).mode & 0o7777, 0o755);
});
