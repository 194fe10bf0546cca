import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isPeapodError } from '../../model/errors.ts';
import { bindMount, mount, MountFlag, umount } from '../linux/mount.ts';
import { runCommand } from '../linux/run-command.ts';
import { podWith, VolumeFixture } from './testing/volume-fixture.ts';

const fixture = new VolumeFixture();

describe('hostile volumes', () => {
  test('CVE-2017-1002101: a subPath through a symlink does not leave the volume', async () => {
    const { path } = await fixture.setUpAndMount(podWith({ emptyDir: {} }));
    symlinkSync('/etc', join(path, 'absolute'));
    symlinkSync('../../../../../../../../etc', join(path, 'relative'));
    for (const subPath of ['absolute', 'relative', 'absolute/passwd', 'relative/new']) {
      await assert.rejects(fixture.setUpAndMount(podWith({ emptyDir: {} }, { subPath })), {
        code: 'VolumeError',
        message: `subPath "${subPath}" leads out of its volume`,
      });
    }
    assert.equal(existsSync('/etc/new'), false);
  });
  test('CVE-2021-25741: a subPath that is exchanged for a symlink afterwards still means what was checked', async () => {
    const { path: root } = await fixture.setUpAndMount(podWith({ emptyDir: {} }));
    mkdirSync(join(root, 'dir'));
    writeFileSync(join(root, 'dir/mine'), '');
    const { path } = await fixture.setUpAndMount(podWith({ emptyDir: {} }, { subPath: 'dir' }));
    rmSync(join(root, 'dir'), { recursive: true });
    symlinkSync('/etc', join(root, 'dir'));
    assert.equal(existsSync(join(path, 'passwd')), false);
  });
  test('CVE-2021-25741: a subPath that is exchanged for a symlink again and again never leads out', async () => {
    const { path: root } = await fixture.setUpAndMount(podWith({ emptyDir: {} }));
    const stop = join(fixture.folder, 'stop');
    const script = `cd ${root}; mkdir real; ln -s /etc link; while [ ! -e ${stop} ]; do
      mv -T real sub; mv -T sub real; mv -T link sub; mv -T sub link; done`;
    const attacker = runCommand('sh', ['-c', script], { timeoutMs: 20_000 });
    const outcomes = { mounted: 0, refused: 0 };
    for (let round = 0; round < 150; round++) {
      try {
        const { path } = await fixture.mountOf(podWith({ emptyDir: {} }, { subPath: 'sub' }));
        assert.equal(existsSync(join(path, 'passwd')), false);
        outcomes.mounted += 1;
      } catch (error) {
        assert.ok(isPeapodError(error, 'VolumeError'), String(error));
        outcomes.refused += 1;
      }
      await delay(1);
      // The subPath that was made where it was missing, so that the attacker can go on.
      rmSync(join(root, 'sub'), { recursive: true, force: true });
    }
    writeFileSync(stop, '');
    await attacker;
    assert.ok(outcomes.mounted > 0);
  });
  test('CVE-2025-9566: a configMap is not written through a symlink that a container left', async () => {
    fixture.configMaps['m'] = { data: { key: 'one' } };
    const pod = podWith({ configMap: { name: 'm' } });
    const { path } = await fixture.setUpAndMount(pod);
    const victim = join(fixture.folder, 'victim');
    writeFileSync(victim, 'precious');
    const data = join(path, readlinkSync(join(path, '..data')));
    rmSync(join(data, 'key'));
    symlinkSync(victim, join(data, 'key'));
    rmSync(join(path, 'key'));
    symlinkSync(victim, join(path, 'key'));
    fixture.configMaps['m'] = { data: { key: 'two' } };
    await fixture.setUp(pod);
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
    assert.equal(readFileSync(join(path, 'key'), 'utf8'), 'two');
  });
  test('CVE-2017-1002102: tearing down deletes nothing behind a mount or a symlink', async () => {
    const { path } = await fixture.setUpAndMount(podWith({ emptyDir: {} }));
    const precious = join(fixture.folder, 'precious');
    mkdirSync(precious);
    writeFileSync(join(precious, 'file'), '');
    symlinkSync(precious, join(path, 'link'));
    mkdirSync(join(path, 'mounted'));
    bindMount(precious, join(path, 'mounted'));
    await fixture.volumes.tearDown('u1');
    assert.ok(existsSync(join(precious, 'file')));
    assert.equal(existsSync(path), false);
  });
  test('keys and paths that leave the volume are refused', async () => {
    fixture.configMaps['m'] = { data: { '../x': 'a' } };
    await assert.rejects(fixture.setUp(podWith({ configMap: { name: 'm' } })), {
      code: 'VolumeError',
      message: /invalid path/,
    });
    for (const path of ['/abs', 'a/../../b', '..hidden', 'a\0b', './']) {
      fixture.configMaps['m'] = { data: { a: '' } };
      const volume = { configMap: { name: 'm', items: [{ key: 'a', path }] } };
      await assert.rejects(fixture.setUp(podWith(volume)), { code: 'VolumeError' }, path);
    }
  });
  test('CVE-2017-1002102: tearing down unmounts nothing on the host, also below a shared directory', async () => {
    const host = join(fixture.folder, 'host');
    for (const name of ['inner', 'later']) mkdirSync(join(host, name), { recursive: true });
    bindMount(host, host);
    mount({ source: 'none', target: host, flags: MountFlag.SHARED });
    mount({ source: 'tmpfs', target: join(host, 'inner'), type: 'tmpfs' });
    writeFileSync(join(host, 'inner/file'), 'precious');
    for (const mountPropagation of ['None', 'HostToContainer', 'Bidirectional']) {
      const pod = podWith({ hostPath: { path: fixture.folder } }, { subPath: 'host', mountPropagation });
      pod.spec!.containers[0]!.securityContext = { privileged: true };
      const { path } = await fixture.setUpAndMount(pod);
      assert.ok(existsSync(join(path, 'inner')));
      mount({ source: 'tmpfs', target: join(host, 'later'), type: 'tmpfs' });
      writeFileSync(join(host, 'later/file'), 'precious');
      assert.ok(existsSync(join(path, 'later/file')), 'what is mounted on the host comes in');
      await fixture.volumes.tearDown('u1');
      assert.equal(readFileSync(join(host, 'inner/file'), 'utf8'), 'precious', mountPropagation);
      assert.equal(readFileSync(join(host, 'later/file'), 'utf8'), 'precious', mountPropagation);
      umount(join(host, 'later'));
    }
    umount(join(host, 'inner'));
    umount(host);
  });
  test('files whose names are not UTF-8, and trees deeper than a path can be, do not outlive the pod', async () => {
    const { path } = await fixture.setUpAndMount(podWith({ emptyDir: {} }));
    writeFileSync(Buffer.from(`${path}/\xff\xfe`, 'latin1'), '');
    let deep = join(path, 'deep');
    for (let level = 0; level < 30; level++) deep = join(deep, 'x'.repeat(100));
    mkdirSync(deep, { recursive: true });
    for (let round = 0; round < 4; round++) {
      renameSync(join(path, 'deep'), join(path, 'below'));
      mkdirSync(deep, { recursive: true });
      renameSync(join(path, 'below'), join(deep, 'below'));
    }
    await fixture.volumes.tearDown('u1');
    assert.equal(existsSync(path), false);
  });
  test('links that a container left are not followed by the atomic writer, wherever they are', async () => {
    fixture.configMaps['m'] = { data: { key: 'one', gone: '' } };
    const pod = podWith({ configMap: { name: 'm' } });
    const { path } = await fixture.setUpAndMount(pod);
    const victim = join(fixture.folder, 'victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'key'), 'precious');
    for (const name of ['..data', 'key']) {
      rmSync(join(path, name));
      symlinkSync(victim, join(path, name));
    }
    symlinkSync(victim, join(path, '..data_tmp'));
    symlinkSync(victim, join(path, '..2026_01_01_00_00_00.abc'));
    fixture.configMaps['m'] = { data: { key: 'two' } };
    await fixture.setUp(pod);
    assert.equal(readFileSync(join(path, 'key'), 'utf8'), 'two');
    assert.deepEqual(readdirSync(victim), ['key']);
    assert.equal(readFileSync(join(victim, 'key'), 'utf8'), 'precious');
    assert.equal(existsSync(join(path, 'gone')), false);
  });
  test('a file cannot be the directory of another', async () => {
    fixture.configMaps['m'] = { data: { a: '1', b: '2' } };
    const items = [
      { key: 'a', path: 'x' },
      { key: 'b', path: 'x/y' },
    ];
    await assert.rejects(fixture.setUp(podWith({ configMap: { name: 'm', items } })), {
      message: /path "x" is both a file and the directory of "x\/y"/,
    });
  });
});
