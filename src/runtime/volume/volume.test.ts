import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { umount } from '../linux/mount.ts';
import { readMounts } from '../linux/proc.ts';
import { mountPointsBelow } from './mount-points.ts';
import { failure, mountTypeAt, podWith, VolumeFixture } from './testing/volume-fixture.ts';

const fixture = new VolumeFixture();

describe('emptyDir', () => {
  test('on disk may be written by anybody and keeps its content when set up again', async () => {
    const { path, readonly } = await fixture.setUpAndMount(podWith({ emptyDir: {} }));
    assert.equal(statSync(path).mode & 0o7777, 0o777);
    assert.equal(readonly, false);
    writeFileSync(join(path, 'x'), 'kept');
    await fixture.setUp(podWith({ emptyDir: {} }));
    assert.equal(readFileSync(join(path, 'x'), 'utf8'), 'kept');
    assert.ok(((await fixture.volumes.usage(podWith({ emptyDir: {} }))).get('v') ?? 0) >= 4096);
  });
  test("in memory is a tmpfs of the smaller of its own limit and the pod's", async () => {
    const limited = podWith({ emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } });
    limited.spec!.containers[0]!.resources = { limits: { memory: '4Mi' } };
    const { path } = await fixture.setUpAndMount(limited);
    const mount = (await readMounts()).find(({ mountPoint }) => mountPoint === path);
    assert.equal(mount?.type, 'tmpfs');
    assert.ok(mount?.superOptions.includes('size=4096k'));
  });
});

describe('hostPath', () => {
  const setUp = (path: string, type?: string) =>
    fixture.setUpAnew(podWith({ hostPath: { path, ...(type === undefined ? {} : { type }) } }));
  test('is checked to be what its type says, in the words of the kubelet', async () => {
    writeFileSync(join(fixture.folder, 'file'), '');
    await setUp(join(fixture.folder, 'file'), 'File');
    await setUp(fixture.folder, 'Directory');
    await setUp('/dev/null', 'CharDevice');
    for (const [type, what] of Object.entries({
      Directory: 'a directory',
      Socket: 'a socket file',
      CharDevice: 'a character device',
      BlockDevice: 'a block device',
    })) {
      await assert.rejects(
        setUp(join(fixture.folder, 'file'), type),
        failure(`hostPath type check failed: ${fixture.folder}/file is not ${what}`),
      );
    }
    await assert.rejects(
      setUp(join(fixture.folder, 'none'), 'File'),
      failure(`hostPath type check failed: ${fixture.folder}/none is not a file`),
    );
  });
  test('is made where the type says so, and never deleted', async () => {
    await setUp(join(fixture.folder, 'made/dir'), 'DirectoryOrCreate');
    await setUp(join(fixture.folder, 'made-file'), 'FileOrCreate');
    await fixture.volumes.tearDown('u1');
    assert.ok(existsSync(join(fixture.folder, 'made/dir')) && existsSync(join(fixture.folder, 'made-file')));
  });
});

describe('claims', () => {
  test('have data that outlives the pod, and have to exist', async () => {
    const { path } = await fixture.setUpAndMount(podWith({ persistentVolumeClaim: { claimName: 'data' } }));
    writeFileSync(join(path, 'x'), 'kept');
    await fixture.volumes.tearDown('u1');
    assert.equal(readFileSync(join(path, 'x'), 'utf8'), 'kept');
    await assert.rejects(
      fixture.setUp(podWith({ persistentVolumeClaim: { claimName: 'none' } })),
      failure('persistentvolumeclaim "none" not found'),
    );
  });
  test('that are ephemeral go with the pod', async () => {
    const { path } = await fixture.setUpAndMount(podWith({ ephemeral: {} }));
    await fixture.volumes.tearDown('u1');
    assert.equal(existsSync(path), false);
  });
});

describe('fsGroup', () => {
  test('owns and may write what is in the volume; symlinks are not followed', async () => {
    const outside = join(fixture.folder, 'outside');
    writeFileSync(outside, '', { mode: 0o600 });
    const pod = podWith({ persistentVolumeClaim: { claimName: 'data' } });
    const { path } = await fixture.setUpAndMount(pod);
    mkdirSync(join(path, 'dir'));
    writeFileSync(join(path, 'dir/file'), '', { mode: 0o600 });
    symlinkSync(outside, join(path, 'link'));
    await fixture.volumes.tearDown('u1');
    pod.spec!.securityContext = { fsGroup: 4242 };
    await fixture.setUp(pod);
    assert.deepEqual(
      [statSync(join(path, 'dir')).gid, statSync(join(path, 'dir')).mode & 0o2770],
      [4242, 0o2770],
    );
    assert.deepEqual(
      [statSync(join(path, 'dir/file')).gid, statSync(join(path, 'dir/file')).mode & 0o777],
      [4242, 0o660],
    );
    assert.deepEqual([statSync(outside).gid, statSync(outside).mode & 0o777], [0, 0o600]);
  });
  test('is not applied again with OnRootMismatch when the root matches', async () => {
    const pod = podWith(
      { persistentVolumeClaim: { claimName: 'data' } },
      {},
      { securityContext: { fsGroup: 4242, fsGroupChangePolicy: 'OnRootMismatch' } },
    );
    const { path } = await fixture.setUpAndMount(pod);
    writeFileSync(join(path, 'mine'), '');
    chownSync(join(path, 'mine'), 7, 7);
    await fixture.volumes.tearDown('u1');
    await fixture.setUp(pod);
    assert.equal(statSync(join(path, 'mine')).gid, 7);
    await fixture.volumes.tearDown('u1');
    pod.spec!.securityContext = { fsGroup: 4242, fsGroupChangePolicy: 'Always' };
    await fixture.setUp(pod);
    assert.equal(statSync(join(path, 'mine')).gid, 4242);
  });
  test('may read secrets, and is not given to host paths', async () => {
    fixture.secrets['s'] = { data: { key: '' } };
    const { path } = await fixture.setUpAndMount(
      podWith(
        { secret: { secretName: 's', defaultMode: 0o400 } },
        {},
        { securityContext: { fsGroup: 4242 } },
      ),
    );
    assert.deepEqual(
      [statSync(join(path, 'key')).gid, statSync(join(path, 'key')).mode & 0o777],
      [4242, 0o440],
    );
    mkdirSync(join(fixture.folder, 'host'));
    await fixture.setUp(
      podWith(
        { hostPath: { path: join(fixture.folder, 'host') } },
        {},
        { securityContext: { fsGroup: 4242 } },
      ),
    );
    assert.equal(statSync(join(fixture.folder, 'host')).gid, 0);
  });
});

describe('subPath', () => {
  test('leads to a part of the volume, made when missing; subPathExpr takes the environment', async () => {
    const { path } = await fixture.setUpAndMount(podWith({ emptyDir: {} }, { subPath: 'a/b' }));
    writeFileSync(join(path, 'x'), 'here');
    const expression = await fixture.setUpAndMount(podWith({ emptyDir: {} }, { subPathExpr: '$(WHERE)/b' }), {
      WHERE: 'a',
    });
    assert.equal(readFileSync(join(expression.path, 'x'), 'utf8'), 'here');
  });
  test('may be a file, also one behind the links of a configMap', async () => {
    fixture.configMaps['m'] = { data: { key: 'value' } };
    const { path } = await fixture.setUpAndMount(podWith({ configMap: { name: 'm' } }, { subPath: 'key' }));
    assert.equal(readFileSync(path, 'utf8'), 'value');
    assert.equal(lstatSync(path).isFile(), true);
  });
  test('that is absolute or has .. is refused', async () => {
    for (const subPath of ['/etc', '../x', 'a/../../x']) {
      await assert.rejects(
        fixture.setUpAndMount(podWith({ emptyDir: {} }, { subPath })),
        { code: 'VolumeError' },
        subPath,
      );
    }
  });
});

test('image volumes are handed to the runtime, mount options to the mount', async () => {
  const image = await fixture.setUpAndMount(podWith({ image: { reference: 'busybox' } }, { subPath: 'bin' }));
  assert.deepEqual([image.source, image.readonly], [{ image: 'busybox', subPath: 'bin' }, true]);
  const bidirectional = podWith(
    { emptyDir: {} },
    { mountPropagation: 'Bidirectional', readOnly: true, recursiveReadOnly: 'Enabled' },
  );
  await assert.rejects(fixture.setUpAndMount(bidirectional), /available only to privileged containers/);
  bidirectional.spec!.containers[0]!.securityContext = { privileged: true };
  const shared = await fixture.setUpAndMount(bidirectional);
  assert.deepEqual(
    [shared.propagation, shared.readonly, shared.recursiveReadOnly],
    ['BIDIRECTIONAL', true, true],
  );
});

test('setting up and tearing down is idempotent and leaves nothing', async () => {
  fixture.secrets['s'] = { data: { k: '' } };
  const pod = podWith({ secret: { secretName: 's' } }, { subPath: 'k' });
  await fixture.setUpAndMount(pod);
  await fixture.setUpAndMount(pod);
  assert.deepEqual(await fixture.volumes.list(), ['u1']);
  await fixture.volumes.tearDown('u1');
  await fixture.volumes.tearDown('u1');
  assert.deepEqual(await fixture.volumes.list(), []);
  assert.deepEqual(await mountPointsBelow(fixture.folder), []);
});

test('what has been made is left to its users, and is known to a process that comes later', async () => {
  const pod = podWith({ emptyDir: {} }, {}, { securityContext: { fsGroup: 4242 } });
  const { path } = await fixture.setUpAndMount(pod);
  assert.equal(statSync(path).mode & 0o7777, 0o2777);
  chmodSync(path, 0o700);
  const later = fixture.anotherProcess();
  await later.setUp(pod, fixture.sources);
  assert.equal(statSync(path).mode & 0o7777, 0o700);
  const [mount] = await later.mountsFor(pod, pod.spec!.containers[0]!, new Map());
  assert.deepEqual(mount?.source, { hostPath: path });
});

test('a volume whose making was cut off is made again', async () => {
  const pod = podWith({ emptyDir: { medium: 'Memory' } }, {}, { securityContext: { fsGroup: 4242 } });
  const { path } = await fixture.setUpAndMount(pod);
  umount(path);
  await assert.rejects(fixture.mountOf(pod), { code: 'VolumeError' });
  await fixture.setUp(pod);
  assert.equal(await mountTypeAt(path), 'tmpfs');
  assert.equal(statSync(path).gid, 4242);
});

test('a subPath that is made is as open as its volume, whatever our umask', async () => {
  const { path } = await fixture.setUpAndMount(podWith({ emptyDir: {} }, { subPath: 'a/b' }));
  assert.equal(statSync(path).mode & 0o777, 0o777);
  assert.equal(statSync(join(fixture.folder, 'root/pods/u1/volumes/empty-dir/v/a')).mode & 0o777, 0o777);
});

test('a medium of huge pages needs a request for them and pages on the node', async () => {
  await assert.rejects(
    fixture.setUp(podWith({ emptyDir: { medium: 'HugePages' } })),
    failure('medium HugePages: no container requests such huge pages'),
  );
  await assert.rejects(
    fixture.setUp(podWith({ emptyDir: { medium: 'Floppy' } })),
    failure('unknown storage medium "Floppy"'),
  );
});
