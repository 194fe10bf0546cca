import assert from 'node:assert/strict';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isPeapodError } from '../../../model/errors.ts';
import { listXattrs } from '../testing/list-xattrs.ts';
import { makePlayground, type Playground } from '../testing/unpack-entries.ts';
import { type TarEntry, writeTar } from '../testing/write-tar.ts';

const needsRoot = { skip: process.getuid?.() === 0 ? false : 'unpacking needs root' };

function corrupt(message: RegExp): (error: unknown) => boolean {
  return (error) => isPeapodError(error, 'ImageCorrupt') && message.test(error.message);
}

/** The host's directory is as it was. */
function assertUntouched({ outside }: Playground): void {
  assert.deepEqual(readdirSync(outside), ['secret']);
  assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'host');
  const { mode, uid } = statSync(join(outside, 'secret'));
  assert.deepEqual({ mode: mode & 0o7777, uid }, { mode: 0o600, uid: 0 });
}

const refusedNames: [string, TarEntry, RegExp][] = [
  ['".." in a name', { name: '../outside/evil', content: 'x' }, /leaves its root/],
  ['".." deep in a name', { name: 'a/../../outside/evil', content: 'x' }, /leaves its root/],
  ['a directory "..", to change its mode', { name: '..', type: 'directory', mode: 0o777 }, /leaves its root/],
  ['a whiteout of what lies outside', { name: '../outside/.wh.secret' }, /leaves its root/],
  ['a whiteout of ".."', { name: '.wh...' }, /deletes nothing that has a name/],
  ['a whiteout of "."', { name: 'a/.wh..' }, /deletes nothing that has a name/],
  ['a whiteout of nothing', { name: '.wh.' }, /deletes nothing that has a name/],
  ['a file within a whiteout', { name: '.wh.a/b' }, /directory that is a whiteout/],
  [
    'an entry named "." that is a symlink',
    { name: '.', type: 'symlink', linkname: '../outside' },
    /would replace the layer's root/,
  ],
  [
    'an entry named "./" that is a file',
    { name: './', content: 'x', pax: { path: '.' } },
    /replace the layer's root/,
  ],
  ['an entry without a name', { name: 'x', content: 'x', pax: { path: '' } }, /replace the layer's root/],
  [
    'a hard link out of the root',
    { name: 'evil', type: 'link', linkname: '../outside/secret' },
    /leaves its root/,
  ],
  [
    'a hard link to an absolute host file',
    { name: 'evil', type: 'link', linkname: '/etc/passwd' },
    /does not have/,
  ],
  ['a hard link to the root', { name: 'evil', type: 'link', linkname: '/' }, /hard link to the root/],
  ['a NUL in a name', { name: 'a', pax: { path: 'a\0b' } }, /NUL in its name/],
  [
    'a NUL in a link',
    { name: 'a', type: 'symlink', linkname: 'x', pax: { linkpath: 'a\0b' } },
    /symlink to nothing/,
  ],
  ['a name that is too long', { name: 'a', pax: { path: 'a'.repeat(256) } }, /longer than 255 bytes/],
  ['a path that is too long', { name: 'a', pax: { path: 'a/'.repeat(3000) } }, /longer than 4095 bytes/],
  ['an owner that overflows to "leave it"', { name: 'a', uid: 0xffffffff }, /owner out of range/],
  ['an owner that overflows to root', { name: 'a', uid: 2 ** 32 }, /owner out of range/],
  ['a group that overflows in a PAX record', { name: 'a', pax: { gid: '4294967296' } }, /owner out of range/],
];

for (const [what, entry, message] of refusedNames) {
  test(`a layer with ${what} is refused`, needsRoot, async () => {
    using playground = makePlayground();
    await assert.rejects(playground.unpack([entry]), corrupt(message));
    assertUntouched(playground);
  });
}

test("an absolute name is taken from the layer's root", needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([{ name: join(playground.outside, 'evil'), content: 'x' }]);
  assertUntouched(playground);
  assert.ok(existsSync(join(playground.layer, playground.outside, 'evil')));
});

for (const target of ['../outside', '/../../outside', 'up/up/outside']) {
  test(`a symlink (${target}), then a file through it, stays within the layer`, needsRoot, async () => {
    using playground = makePlayground();
    await playground
      .unpack([
        { name: 'up', type: 'symlink', linkname: '..' },
        { name: 'a', type: 'symlink', linkname: target },
        { name: 'a/secret', content: 'evil', mode: 0o777 },
      ])
      .catch((error: unknown) => assert.ok(corrupt(/parent/)(error)));
    assertUntouched(playground);
  });
}

test('a symlink to an absolute host directory leads to that directory of the layer', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([
    { name: playground.outside, type: 'directory' },
    { name: 'a', type: 'symlink', linkname: playground.outside },
    { name: 'a/evil', content: 'x' },
  ]);
  assertUntouched(playground);
  assert.ok(existsSync(join(playground.layer, playground.outside, 'evil')));
});

test('a symlink, then a file of the same name, replaces the symlink', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([
    { name: 'a', type: 'symlink', linkname: '../outside/secret' },
    { name: 'a', content: 'evil', mode: 0o777 },
  ]);
  assertUntouched(playground);
  assert.ok(lstatSync(join(playground.layer, 'a')).isFile());
});

test(
  'a symlink, then a directory of the same name, does not change the mode of where it led',
  needsRoot,
  async () => {
    using playground = makePlayground();
    await playground.unpack([
      { name: 'a', type: 'symlink', linkname: '../outside' },
      { name: 'a', type: 'directory', mode: 0o777, uid: 1000 },
    ]);
    assertUntouched(playground);
    assert.equal(statSync(playground.outside).uid, 0);
    assert.ok(lstatSync(join(playground.layer, 'a')).isDirectory());
  },
);

test(
  "a hard link to a symlink, then a file over it, does not reach the symlink's target",
  needsRoot,
  async () => {
    using playground = makePlayground();
    await playground.unpack([
      { name: 'a', type: 'symlink', linkname: join(playground.outside, 'secret') },
      { name: 'b', type: 'link', linkname: 'a' },
      { name: 'b', content: 'evil' },
    ]);
    assertUntouched(playground);
    assert.ok(lstatSync(join(playground.layer, 'a')).isSymbolicLink());
  },
);

test('a hard link through a symlink finds nothing of the host', needsRoot, async () => {
  using playground = makePlayground();
  const entries: TarEntry[] = [
    { name: 'a', type: 'symlink', linkname: playground.outside },
    { name: 'b', type: 'link', linkname: 'a/secret' },
  ];
  await assert.rejects(playground.unpack(entries), corrupt(/does not have/));
  assertUntouched(playground);
});

test('a whiteout through a symlink deletes nothing of the host', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([
    { name: playground.outside, type: 'directory' },
    { name: 'a', type: 'symlink', linkname: playground.outside },
    { name: 'a/.wh.secret' },
    { name: 'a/.wh..wh..opq' },
  ]);
  assertUntouched(playground);
});

test('replacing a directory that holds a symlink deletes the link alone', needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([
    { name: 'a', type: 'directory' },
    { name: 'a/b', type: 'symlink', linkname: playground.outside },
    { name: 'a', content: 'x' },
  ]);
  assertUntouched(playground);
});

test('a symlink to /proc/self is followed in the layer alone', needsRoot, async () => {
  using playground = makePlayground();
  const entries: TarEntry[] = [
    { name: 'a', type: 'symlink', linkname: '/proc/self/root' },
    { name: 'a/evil', content: 'x' },
  ];
  await assert.rejects(playground.unpack(entries), corrupt(/parent/));
  assert.ok(!existsSync('/evil'));
});

test('a loop of symlinks is refused', needsRoot, async () => {
  using playground = makePlayground();
  const entries: TarEntry[] = [
    { name: 'a', type: 'symlink', linkname: 'b' },
    { name: 'b', type: 'symlink', linkname: 'a' },
    { name: 'a/x', content: 'x' },
  ];
  await assert.rejects(playground.unpack(entries), corrupt(/parent/));
});

test('a file below a file is refused', needsRoot, async () => {
  using playground = makePlayground();
  await assert.rejects(playground.unpack([{ name: 'a' }, { name: 'a/b' }]), corrupt(/parent/));
});

test("a symlink's text is kept as it is, wherever it points", needsRoot, async () => {
  using playground = makePlayground();
  await playground.unpack([{ name: 'a', type: 'symlink', linkname: '../../../../etc/shadow' }]);
  assert.equal(readlinkSync(join(playground.layer, 'a')), '../../../../etc/shadow');
});

test('attributes that speak to overlayfs or to the host are not taken from a layer', needsRoot, async () => {
  using playground = makePlayground();
  const redirect = Buffer.from('/etc');
  await playground.unpack([
    {
      name: 'a',
      type: 'directory',
      xattrs: {
        'trusted.overlay.redirect': redirect,
        'trusted.overlay.opaque': Buffer.from('y'),
        'user.overlay.redirect': redirect,
        'security.selinux': redirect,
      },
    },
  ]);
  assert.deepEqual(listXattrs(join(playground.layer, 'a')), []);
});

test('a layer that unpacks to more than it may is stopped', needsRoot, async () => {
  using playground = makePlayground();
  const entries: TarEntry[] = [{ name: 'a', content: Buffer.alloc(300_000) }];
  await assert.rejects(
    playground.unpack(entries, { maxLayerBytes: 200_000 }),
    corrupt(/unpacks to more than 200000 bytes/),
  );
});

test('a layer with more entries than it may have is stopped', needsRoot, async () => {
  using playground = makePlayground();
  const entries = Array.from({ length: 11 }, (_, index): TarEntry => ({ name: `f${index}` }));
  await assert.rejects(playground.unpack(entries, { maxLayerEntries: 10 }), corrupt(/more than 10 entries/));
});

test('a layer for which the disk has no room is stopped before it fills it', needsRoot, async () => {
  using playground = makePlayground();
  await assert.rejects(
    playground.unpack([{ name: 'a' }], { reserveBytes: Number.MAX_SAFE_INTEGER }),
    (error) => isPeapodError(error, 'NoSpace'),
  );
});

test('a header that asks for gigabytes of memory is refused', needsRoot, async () => {
  using playground = makePlayground();
  const tar = writeTar([{ name: 'a', pax: { comment: 'x'.repeat(1024 * 1024 + 1) } }]);
  await assert.rejects(playground.unpack(tar), corrupt(/extension header is larger than 1 MiB/));
});
