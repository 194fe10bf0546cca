import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appArmorProfile } from './apparmor-profile.ts';

const host =
  (...loaded: string[]) =>
  async (path: string) =>
    path.endsWith('enabled') ? 'Y\n' : loaded.map((name) => `${name} (enforce)\n`).join('');
const without = () => Promise.reject(new Error('ENOENT'));
const LOCALHOST = { type: 'Localhost', localhostRef: 'mine' } as const;

test('where AppArmor is on, a profile that is asked for confines the container or is refused', async () => {
  assert.equal(await appArmorProfile(LOCALHOST, host('other', 'mine')), 'mine');
  assert.equal(await appArmorProfile({ type: 'RuntimeDefault' }, host('docker-default')), 'docker-default');
  for (const profile of [LOCALHOST, { type: 'RuntimeDefault' } as const])
    await assert.rejects(appArmorProfile(profile, host('mine-too')), {
      code: 'CreateContainerConfigError',
      message: /cannot use AppArmor profile .*the kernel has (not )?loaded/,
    });
});

test('where AppArmor is off, a profile that is asked for is refused', async () => {
  for (const profile of [LOCALHOST, { type: 'RuntimeDefault' } as const])
    await assert.rejects(appArmorProfile(profile, without), {
      message: /AppArmor is not enabled on the host$/,
    });
});

test('without a profile, and unconfined, a container has none anywhere', async () => {
  for (const read of [host('docker-default'), without]) {
    assert.equal(await appArmorProfile(undefined, read), undefined);
    assert.equal(await appArmorProfile({ type: 'Unconfined' }, read), undefined);
  }
});
