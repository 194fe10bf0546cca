import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveUser, type UserRequest } from './container-user.ts';

const passwd =
  'root:x:0:0:root:/root:/bin/sh\nweb:x:33:34:web:/var/www:/bin/sh\nbroken\nbig:x:4294967296:0::/:\n';
const group = 'root:x:0:\nwww:x:34:\naudio:x:63:alice,web\nstaff:x:50:\n';

const nobody: UserRequest = {
  runAsUser: undefined,
  runAsUsername: undefined,
  runAsGroup: undefined,
  imageUser: '',
  supplementalGroups: [],
  policy: 'Merge',
};

for (const [title, request, expected] of [
  ['nobody asked for: root', {}, [0, 0, [0], '/root']],
  ['the image names a user', { imageUser: 'web' }, [33, 34, [34, 63], '/var/www']],
  ['the image gives a number', { imageUser: '33' }, [33, 34, [34, 63], '/var/www']],
  ['the image gives user and group', { imageUser: 'web:staff' }, [33, 50, [50, 63], '/var/www']],
  ['the image gives two numbers', { imageUser: '7:8' }, [7, 8, [8], '']],
  ['the manifest wins over the image', { imageUser: 'web:staff', runAsUser: 5 }, [5, 0, [0], '']],
  ['root asked for by number', { imageUser: 'web', runAsUser: 0 }, [0, 0, [0], '/root']],
  ['the manifest names a user', { runAsUsername: 'web' }, [33, 34, [34, 63], '/var/www']],
  ['a group of the manifest', { runAsUser: 33, runAsGroup: 99 }, [33, 99, [99, 63], '/var/www']],
  ['groups of the manifest', { runAsUser: 33, supplementalGroups: [7] }, [33, 34, [34, 63, 7], '/var/www']],
  [
    'strict groups',
    { runAsUser: 33, supplementalGroups: [7], policy: 'Strict' },
    [33, 34, [34, 7], '/var/www'],
  ],
] as const) {
  test(title, () => {
    const user = resolveUser({ ...nobody, ...request }, passwd, group);
    assert.deepEqual([user.uid, user.gid, user.supplementalGroups, user.home], expected);
  });
}

for (const [imageUser, message] of [
  ['4294967296', /user id 4294967296/],
  ['2147483648', /user id 2147483648/],
  ['1:99999999999', /group id 99999999999/],
  ['alice', /unable to find user "alice"/],
  ['web:gods', /unable to find group "gods"/],
  ['big', /unable to find user "big"/],
] as const) {
  test(`the image user ${imageUser} is refused`, () => {
    assert.throws(() => resolveUser({ ...nobody, imageUser }, passwd, group), {
      code: 'CreateContainerConfigError',
      message,
    });
  });
}

test('a home with control characters counts as none', () => {
  assert.equal(resolveUser(nobody, 'root:x:0:0::/root\rroot2:/bin/sh\n', '').home, '');
});
