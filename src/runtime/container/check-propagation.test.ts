import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mountOf } from './check-propagation.ts';

const table = [
  '20 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
  '30 20 0:30 / /srv rw shared:5 - tmpfs tmpfs rw',
  '31 30 0:31 / /srv/with\\040blank rw shared:6 master:5 - tmpfs tmpfs rw',
  '32 30 0:32 / /srv/private rw - tmpfs tmpfs rw',
  '33 32 0:33 / /srv/private rw shared:9 - tmpfs tmpfs rw',
  '',
].join('\n');

for (const [path, point, shared] of [
  ['/var/x', '/', false],
  ['/srv', '/srv', true],
  ['/srv/x', '/srv', true],
  ['/srvx', '/', false],
  ['/srv/with blank/x', '/srv/with blank', true],
  ['/srv/private/x', '/srv/private', true],
] as const) {
  test(`${path} lies on ${point}, which is ${shared ? 'shared' : 'private'}`, () => {
    assert.deepEqual(mountOf(path, table), { point, shared });
  });
}
