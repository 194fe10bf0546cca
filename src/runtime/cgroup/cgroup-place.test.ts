import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupPlace, parentPath, pathOfCgroup } from './cgroup-place.ts';

for (const [parent, path] of [
  ['/peapod/burstable/podx', '/peapod/burstable/podx'],
  ['relative//to/the/root/', '/relative/to/the/root'],
  ['kubepods-burstable-podx.slice', '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podx.slice'],
  ['/a.slice/a-b.slice', '/a.slice/a-b.slice'],
  ['-.slice', '/'],
] as const) {
  test(`the parent ${parent} is ${path}`, () => assert.equal(parentPath(parent), path));
}

for (const parent of ['/a/../b', 'a--b.slice', 'a:b', '/a\n']) {
  test(`${JSON.stringify(parent)} is refused`, () =>
    assert.throws(() => parentPath(parent), { code: 'Invalid', message: /linux\.cgroup_parent/ }));
}

test('a container lies in its parent, and in a slice as a scope that systemd makes where it runs', () => {
  assert.deepEqual(cgroupPlace('/a/b', 'id', true), { path: '/a/b/id', cgroupsPath: '/a/b/id', args: [] });
  assert.deepEqual(cgroupPlace('a-b.slice', 'id', true), {
    path: '/a.slice/a-b.slice/peapod-id.scope',
    cgroupsPath: 'a-b.slice:peapod:id',
    args: ['--systemd-cgroup'],
  });
  const path = '/a.slice/a-b.slice/peapod-id.scope';
  assert.deepEqual(cgroupPlace('a-b.slice', 'id', false), { path, cgroupsPath: path, args: [] });
});

test('the path is known by what the OCI runtime was told', () => {
  for (const [parent, systemd] of [
    ['/a/b', true],
    ['a-b.slice', true],
    ['a-b.slice', false],
  ] as const) {
    const { path, cgroupsPath } = cgroupPlace(parent, 'id', systemd);
    assert.equal(pathOfCgroup(cgroupsPath), path);
  }
});
