import assert from 'node:assert/strict';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { ConfigMap, Pod, PodSpec, Secret, Volume, VolumeMount } from '../../model/api/types.ts';
import { umountAll } from '../linux/mount.ts';
import { readMounts } from '../linux/proc.ts';
import { runtimePaths } from '../paths.ts';
import type { Mount } from '../pod-runtime.ts';
import type { PodVolumes, VolumeSources } from '../pod-volumes.ts';
import { mountPointsBelow } from './mount-points.ts';
import { openPodVolumes } from './open-pod-volumes.ts';

let folder: string;
let volumes: PodVolumes;
let configMaps: Record<string, ConfigMap>;
let secrets: Record<string, Secret>;
const clock = { now: () => Date.UTC(2026, 0, 1), sleep: async () => {} };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peapod-volume-'));
  volumes = openPodVolumes(runtimePaths(join(folder, 'root'), join(folder, 'run')), clock);
  configMaps = {};
  secrets = {};
});
afterEach(async () => {
  await volumes.tearDown('u1');
  for (const point of await mountPointsBelow(folder)) umountAll(point);
  rmSync(folder, { recursive: true });
});

const sources: VolumeSources = {
  configMap: async (name) => configMaps[name],
  secret: async (name) => secrets[name],
  claim: async (name) => (name === 'data' ? { metadata: { name } } : undefined),
  serviceAccountToken: async ({ audience }) => `token for ${audience}`,
  downwardValue: (item) =>
    'fieldPath' in item ? `field ${item.fieldPath}` : `${item.resource} of ${item.containerName}`,
};

function podWith(
  volume: Omit<Volume, 'name'>,
  mount: Partial<VolumeMount> = {},
  spec: Partial<PodSpec> = {},
): Pod {
  const container = { name: 'c', volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }] };
  return {
    metadata: { name: 'p', namespace: 'default', uid: 'u1' },
    spec: { containers: [container], volumes: [{ name: 'v', ...volume }], ...spec },
  };
}

async function makeAndMount(pod: Pod, env: Record<string, string> = {}): Promise<Mount & { path: string }> {
  await volumes.setUp(pod, sources);
  const [mount] = await volumes.mountsFor(pod, pod.spec!.containers[0]!, new Map(Object.entries(env)));
  return { ...mount!, path: (mount!.source as { hostPath: string }).hostPath };
}

const failure = (message: string) => ({
  code: 'VolumeError',
  message: `MountVolume.SetUp failed for volume "v" : ${message}`,
});
const mountTypeAt = async (path: string) =>
  (await readMounts()).find(({ mountPoint }) => mountPoint === path)?.type;

describe('emptyDir', () => {
  test('on disk may be written by anybody and keeps its content when set up again', async () => {
    const { path, readonly } = await makeAndMount(podWith({ emptyDir: {} }));
    assert.equal(statSync(path).mode & 0o7777, 0o777);
    assert.equal(readonly, false);
    writeFileSync(join(path, 'x'), 'kept');
    await volumes.setUp(podWith({ emptyDir: {} }), sources);
    assert.equal(readFileSync(join(path, 'x'), 'utf8'), 'kept');
    assert.ok(((await volumes.usage(podWith({ emptyDir: {} }))).get('v') ?? 0) >= 4096);
  });
  test("in memory is a tmpfs of the smaller of its own limit and the pod's", async () => {
    const limited = podWith({ emptyDir: { medium: 'Memory', sizeLimit: '8Mi' } });
    limited.spec!.containers[0]!.resources = { limits: { memory: '4Mi' } };
    const { path } = await makeAndMount(limited);
    const mount = (await readMounts()).find(({ mountPoint }) => mountPoint === path);
    assert.equal(mount?.type, 'tmpfs');
    assert.ok(mount?.superOptions.includes('size=4096k'));
  });
});

describe('hostPath', () => {
  const setUp = (path: string, type?: string) =>
    volumes.setUp(podWith({ hostPath: { path, ...(type === undefined ? {} : { type }) } }), sources);
  test('is checked to be what its type says, in the words of the kubelet', async () => {
    writeFileSync(join(folder, 'file'), '');
    await setUp(join(folder, 'file'), 'File');
    await setUp(folder, 'Directory');
    await setUp('/dev/null', 'CharDevice');
    for (const [type, what] of Object.entries({
      Directory: 'a directory',
      Socket: 'a socket file',
      CharDevice: 'a character device',
      BlockDevice: 'a block device',
    })) {
      await assert.rejects(
        setUp(join(folder, 'file'), type),
        failure(`hostPath type check failed: ${folder}/file is not ${what}`),
      );
    }
    await assert.rejects(
      setUp(join(folder, 'none'), 'File'),
      failure(`hostPath type check failed: ${folder}/none is not a file`),
    );
  });
  test('is made where the type says so, and never deleted', async () => {
    await setUp(join(folder, 'made/dir'), 'DirectoryOrCreate');
    await setUp(join(folder, 'made-file'), 'FileOrCreate');
    await volumes.tearDown('u1');
    assert.ok(existsSync(join(folder, 'made/dir')) && existsSync(join(folder, 'made-file')));
  });
});

describe('files from objects', () => {
  test('a configMap has a file for each key, read-only, with its mode', async () => {
    configMaps['m'] = { data: { a: 'one' }, binaryData: { b: Buffer.from([0, 255]).toString('base64') } };
    const { path, readonly } = await makeAndMount(podWith({ configMap: { name: 'm', defaultMode: 0o600 } }));
    assert.deepEqual(
      readdirSync(path).filter((name) => !name.startsWith('..')),
      ['a', 'b'],
    );
    assert.equal(readFileSync(join(path, 'a'), 'utf8'), 'one');
    assert.deepEqual([...readFileSync(join(path, 'b'))], [0, 255]);
    assert.equal(statSync(join(path, 'a')).mode & 0o777, 0o600);
    assert.equal(readonly, true);
  });
  test('items choose keys, paths and modes; a missing key is an error unless optional', async () => {
    configMaps['m'] = { data: { a: 'one' } };
    const { path } = await makeAndMount(
      podWith({ configMap: { name: 'm', items: [{ key: 'a', path: 'deep/er/x', mode: 0o444 }] } }),
    );
    assert.equal(readFileSync(join(path, 'deep/er/x'), 'utf8'), 'one');
    const missing = { name: 'm', items: [{ key: 'z', path: 'z' }] };
    await assert.rejects(
      volumes.setUp(podWith({ configMap: missing }), sources),
      failure('configmap references non-existent config key: z (of configmap "m")'),
    );
    await volumes.setUp(podWith({ configMap: { ...missing, optional: true } }), sources);
    await assert.rejects(
      volumes.setUp(podWith({ configMap: { name: 'none' } }), sources),
      failure('configmap "none" not found'),
    );
    await volumes.setUp(podWith({ configMap: { name: 'none', optional: true } }), sources);
  });
  test('a secret lies on a tmpfs', async () => {
    secrets['s'] = { data: { key: Buffer.from('hush').toString('base64') } };
    const { path } = await makeAndMount(podWith({ secret: { secretName: 's' } }));
    assert.equal(await mountTypeAt(path), 'tmpfs');
    assert.equal(readFileSync(join(path, 'key'), 'utf8'), 'hush');
  });
  test('a projected volume gathers all kinds of sources', async () => {
    configMaps['m'] = { data: { a: 'one' } };
    secrets['s'] = { data: { b: Buffer.from('two').toString('base64') } };
    const fieldRef = { fieldPath: 'metadata.name' };
    const { path } = await makeAndMount(
      podWith({
        projected: {
          sources: [
            { configMap: { name: 'm' } },
            { secret: { name: 's', items: [{ key: 'b', path: 'sub/b' }] } },
            {
              downwardAPI: {
                items: [
                  { path: 'name', fieldRef },
                  { path: 'cpu', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu' } },
                ],
              },
            },
            { serviceAccountToken: { path: 'token', audience: 'x' } },
          ],
        },
      }),
    );
    const read = (name: string) => readFileSync(join(path, name), 'utf8');
    assert.deepEqual(['a', 'sub/b', 'name', 'cpu', 'token'].map(read), [
      'one',
      'two',
      'field metadata.name',
      'limits.cpu of c',
      'token for x',
    ]);
  });
  test('an update is switched at once, and what has gone is taken away', async () => {
    configMaps['m'] = { data: { a: 'old', gone: 'x' } };
    const pod = podWith({ configMap: { name: 'm' } });
    const { path } = await makeAndMount(pod);
    const first = readlinkSync(join(path, '..data'));
    await volumes.setUp(pod, sources);
    assert.equal(readlinkSync(join(path, '..data')), first, 'nothing is written when nothing has changed');
    configMaps['m'] = { data: { a: 'new', added: 'y' } };
    await volumes.setUp(pod, sources);
    assert.equal(readFileSync(join(path, 'a'), 'utf8'), 'new');
    const data = readlinkSync(join(path, '..data'));
    assert.deepEqual(readdirSync(path).sort(), [data, '..data', 'a', 'added'].sort());
  });
});

describe('claims', () => {
  test('have data that outlives the pod, and have to exist', async () => {
    const { path } = await makeAndMount(podWith({ persistentVolumeClaim: { claimName: 'data' } }));
    writeFileSync(join(path, 'x'), 'kept');
    await volumes.tearDown('u1');
    assert.equal(readFileSync(join(path, 'x'), 'utf8'), 'kept');
    await assert.rejects(
      volumes.setUp(podWith({ persistentVolumeClaim: { claimName: 'none' } }), sources),
      failure('persistentvolumeclaim "none" not found'),
    );
  });
  test('that are ephemeral go with the pod', async () => {
    const { path } = await makeAndMount(podWith({ ephemeral: {} }));
    await volumes.tearDown('u1');
    assert.equal(existsSync(path), false);
  });
});

describe('fsGroup', () => {
  test('owns and may write what is in the volume; symlinks are not followed', async () => {
    const outside = join(folder, 'outside');
    writeFileSync(outside, '', { mode: 0o600 });
    const pod = podWith({ persistentVolumeClaim: { claimName: 'data' } });
    const { path } = await makeAndMount(pod);
    mkdirSync(join(path, 'dir'));
    writeFileSync(join(path, 'dir/file'), '', { mode: 0o600 });
    symlinkSync(outside, join(path, 'link'));
    pod.spec!.securityContext = { fsGroup: 4242 };
    await volumes.setUp(pod, sources);
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
    const { path } = await makeAndMount(pod);
    writeFileSync(join(path, 'mine'), '');
    chownSync(join(path, 'mine'), 7, 7);
    await volumes.setUp(pod, sources);
    assert.equal(statSync(join(path, 'mine')).gid, 7);
  });
  test('may read secrets, and is not given to host paths', async () => {
    secrets['s'] = { data: { key: '' } };
    const { path } = await makeAndMount(
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
    mkdirSync(join(folder, 'host'));
    await volumes.setUp(
      podWith({ hostPath: { path: join(folder, 'host') } }, {}, { securityContext: { fsGroup: 4242 } }),
      sources,
    );
    assert.equal(statSync(join(folder, 'host')).gid, 0);
  });
});

describe('subPath', () => {
  test('leads to a part of the volume, made when missing; subPathExpr takes the environment', async () => {
    const { path } = await makeAndMount(podWith({ emptyDir: {} }, { subPath: 'a/b' }));
    writeFileSync(join(path, 'x'), 'here');
    const expression = await makeAndMount(podWith({ emptyDir: {} }, { subPathExpr: '$(WHERE)/b' }), {
      WHERE: 'a',
    });
    assert.equal(readFileSync(join(expression.path, 'x'), 'utf8'), 'here');
  });
  test('may be a file, also one behind the links of a configMap', async () => {
    configMaps['m'] = { data: { key: 'value' } };
    const { path } = await makeAndMount(podWith({ configMap: { name: 'm' } }, { subPath: 'key' }));
    assert.equal(readFileSync(path, 'utf8'), 'value');
    assert.equal(lstatSync(path).isFile(), true);
  });
  test('that is absolute or has .. is refused', async () => {
    for (const subPath of ['/etc', '../x', 'a/../../x']) {
      await assert.rejects(
        makeAndMount(podWith({ emptyDir: {} }, { subPath })),
        { code: 'VolumeError' },
        subPath,
      );
    }
  });
});

describe('hostile volumes', () => {
  test('CVE-2017-1002101: a subPath through a symlink does not leave the volume', async () => {
    const { path } = await makeAndMount(podWith({ emptyDir: {} }));
    symlinkSync('/etc', join(path, 'absolute'));
    symlinkSync('../../../../../../../../etc', join(path, 'relative'));
    for (const subPath of ['absolute', 'relative', 'absolute/passwd', 'relative/new']) {
      await assert.rejects(makeAndMount(podWith({ emptyDir: {} }, { subPath })), {
        code: 'VolumeError',
        message: `subPath "${subPath}" leads out of its volume`,
      });
    }
    assert.equal(existsSync('/etc/new'), false);
  });
  test('CVE-2021-25741: a subPath that is exchanged for a symlink afterwards still means what was checked', async () => {
    const { path: root } = await makeAndMount(podWith({ emptyDir: {} }));
    mkdirSync(join(root, 'dir'));
    writeFileSync(join(root, 'dir/mine'), '');
    const { path } = await makeAndMount(podWith({ emptyDir: {} }, { subPath: 'dir' }));
    rmSync(join(root, 'dir'), { recursive: true });
    symlinkSync('/etc', join(root, 'dir'));
    assert.equal(existsSync(join(path, 'passwd')), false);
  });
  test('CVE-2025-9566: a configMap is not written through a symlink that a container left', async () => {
    configMaps['m'] = { data: { key: 'one' } };
    const pod = podWith({ configMap: { name: 'm' } });
    const { path } = await makeAndMount(pod);
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'precious');
    const data = join(path, readlinkSync(join(path, '..data')));
    rmSync(join(data, 'key'));
    symlinkSync(victim, join(data, 'key'));
    rmSync(join(path, 'key'));
    symlinkSync(victim, join(path, 'key'));
    configMaps['m'] = { data: { key: 'two' } };
    await volumes.setUp(pod, sources);
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
    assert.equal(readFileSync(join(path, 'key'), 'utf8'), 'two');
  });
  test('CVE-2017-1002102: tearing down deletes nothing behind a mount or a symlink', async () => {
    const { path } = await makeAndMount(podWith({ emptyDir: {} }));
    const precious = join(folder, 'precious');
    mkdirSync(precious);
    writeFileSync(join(precious, 'file'), '');
    symlinkSync(precious, join(path, 'link'));
    mkdirSync(join(path, 'mounted'));
    const { bindMount } = await import('../linux/mount.ts');
    bindMount(precious, join(path, 'mounted'));
    await volumes.tearDown('u1');
    assert.ok(existsSync(join(precious, 'file')));
    assert.equal(existsSync(path), false);
  });
  test('keys and paths that leave the volume are refused', async () => {
    configMaps['m'] = { data: { '../x': 'a' } };
    await assert.rejects(volumes.setUp(podWith({ configMap: { name: 'm' } }), sources), {
      code: 'VolumeError',
      message: /invalid path/,
    });
    for (const path of ['/abs', 'a/../../b', '..hidden', 'a\0b', 'a//b']) {
      configMaps['m'] = { data: { a: '' } };
      const volume = { configMap: { name: 'm', items: [{ key: 'a', path }] } };
      await assert.rejects(volumes.setUp(podWith(volume), sources), { code: 'VolumeError' }, path);
    }
  });
});

test('image volumes are handed to the runtime, mount options to the mount', async () => {
  const image = await makeAndMount(podWith({ image: { reference: 'busybox' } }, { subPath: 'bin' }));
  assert.deepEqual([image.source, image.readonly], [{ image: 'busybox', subPath: 'bin' }, true]);
  const shared = await makeAndMount(
    podWith(
      { emptyDir: {} },
      { mountPropagation: 'Bidirectional', readOnly: true, recursiveReadOnly: 'Enabled' },
    ),
  );
  assert.deepEqual(
    [shared.propagation, shared.readonly, shared.recursiveReadOnly],
    ['BIDIRECTIONAL', true, true],
  );
});

test('setting up and tearing down is idempotent and leaves nothing', async () => {
  secrets['s'] = { data: { k: '' } };
  const pod = podWith({ secret: { secretName: 's' } }, { subPath: 'k' });
  await makeAndMount(pod);
  await makeAndMount(pod);
  assert.deepEqual(await volumes.list(), ['u1']);
  await volumes.tearDown('u1');
  await volumes.tearDown('u1');
  assert.deepEqual(await volumes.list(), []);
  assert.deepEqual(await mountPointsBelow(folder), []);
});
