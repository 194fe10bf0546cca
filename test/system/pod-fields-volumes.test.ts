/** Fields about volumes, seen from within the container. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Volume, VolumeMount } from '../../src/model/api/types.ts';
import { BUSYBOX, fieldPod, linesOf } from './support/field-pod.ts';
import { startPeapod, type TestPeapod } from './support/peapod.ts';

const run = promisify(execFile);
let peapod: TestPeapod;
before(async () => {
  peapod = await startPeapod();
  await peapod.load('busybox');
});
after(() => peapod[Symbol.asyncDispose]());

const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: 'one', b: 'two' } };
const SECRET = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's' },
  stringData: { a: 'hidden', b: 'other' },
};

/** What a script sees of one volume at /v. */
function seen(
  name: string,
  script: string,
  volume: Omit<Volume, 'name'>,
  mount: Partial<VolumeMount> = {},
): Promise<string[]> {
  const pod = {
    name,
    script,
    spec: { volumes: [{ name: 'v', ...volume }] },
    container: { volumeMounts: [{ name: 'v', mountPath: '/v', ...mount }] },
  };
  return linesOf(peapod, pod, CONFIG, SECRET);
}

const FILES = 'cd /v; for f in *; do echo "$f $(stat -Lc %a "$f") $(cat "$f")"; done';

test('a ConfigMap shows its items in their modes, and nothing when it is optional and missing', async () => {
  assert.deepEqual(await seen('all', FILES, { configMap: { name: 'c', defaultMode: 0o440 } }), [
    'a 440 one',
    'b 440 two',
  ]);
  const items = [{ key: 'b', path: 'renamed', mode: 0o600 }];
  assert.deepEqual(await seen('some', FILES, { configMap: { name: 'c', items } }), ['renamed 600 two']);
  assert.deepEqual(await seen('none', 'ls /v | wc -l', { configMap: { name: 'missing', optional: true } }), [
    '0',
  ]);
});

test('a Secret shows its items in their modes, on a tmpfs, and nothing when it is optional and missing', async () => {
  const script = `${FILES}; grep " /v " /proc/mounts | cut -d" " -f3`;
  assert.deepEqual(await seen('secret', script, { secret: { secretName: 's', defaultMode: 0o400 } }), [
    'a 400 hidden',
    'b 400 other',
    'tmpfs',
  ]);
  const items = [{ key: 'b', path: 'dir/renamed', mode: 0o444 }];
  assert.deepEqual(await seen('item', 'stat -Lc %a /v/dir/renamed', { secret: { secretName: 's', items } }), [
    '444',
  ]);
  assert.deepEqual(
    await seen('none', 'ls /v | wc -l', { secret: { secretName: 'missing', optional: true } }),
    ['0'],
  );
});

test('the downward API tells fields and resources', async () => {
  const items = [
    { path: 'name', fieldRef: { fieldPath: 'metadata.name' } },
    {
      path: 'cpu',
      mode: 0o400,
      resourceFieldRef: { containerName: 'main', resource: 'requests.cpu', divisor: '1m' },
    },
  ];
  const pod = {
    name: 'downward',
    script: 'cat /v/name; echo; cat /v/cpu; echo; stat -Lc %a /v/name /v/cpu',
    spec: { volumes: [{ name: 'v', downwardAPI: { defaultMode: 0o444, items } }] },
    container: { volumeMounts: [{ name: 'v', mountPath: '/v' }], resources: { requests: { cpu: '50m' } } },
  };
  assert.deepEqual(await linesOf(peapod, pod), ['downward', '50', '444', '400']);
});

test('a projected volume puts several sources together', async () => {
  const sources = [
    { configMap: { name: 'c', items: [{ key: 'a', path: 'config', mode: 0o400 }] } },
    { configMap: { name: 'missing', optional: true } },
    { secret: { name: 's', items: [{ key: 'a', path: 'secret' }] } },
    { secret: { name: 'missing', optional: true } },
    { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
  ];
  assert.deepEqual(await seen('projected', FILES, { projected: { defaultMode: 0o440, sources } }), [
    'config 400 one',
    'name 440 projected',
    'secret 440 hidden',
  ]);
});

test('a path of the node, made when that is asked for, and refused when it is of another type', async () => {
  const path = join(peapod.directory, 'made', 'by-pod');
  await mkdir(join(peapod.directory, 'made'));
  await seen('made', 'echo here > /v/file', { hostPath: { path, type: 'DirectoryOrCreate' } });
  assert.equal(await readFile(join(path, 'file'), 'utf8'), 'here\n');
  const file = await peapod.manifest(
    fieldPod({
      name: 'wrong',
      script: 'true',
      spec: { volumes: [{ name: 'v', hostPath: { path: join(path, 'file'), type: 'Directory' } }] },
      container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    }),
  );
  const { code, stderr } = await peapod.call(['run', '-f', file]);
  assert.equal(code, 125);
  assert.match(stderr, /is not a directory/);
});

test('an image is a volume that nobody can write', async () => {
  const lines = await seen(
    'image',
    'test -x /v/bin/busybox && echo there; touch /v/x 2>/dev/null || echo read-only',
    {
      image: { reference: BUSYBOX, pullPolicy: 'Never' },
    },
  );
  assert.deepEqual(lines, ['there', 'read-only']);
});

test('an emptyDir in memory holds no more than its sizeLimit', async () => {
  const script =
    'grep " /v " /proc/mounts | cut -d" " -f3; dd if=/dev/zero of=/v/x bs=1M count=9 2>/dev/null || echo full';
  assert.deepEqual(await seen('small', script, { emptyDir: { medium: 'Memory', sizeLimit: '4Mi' } }), [
    'tmpfs',
    'full',
  ]);
});

test('a claim keeps its data for the next pod; read-only it cannot be written; an ephemeral one goes with its pod', async () => {
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'kept' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  };
  const pod = (name: string, script: string, readOnly: boolean) => ({
    name,
    script,
    spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'kept', readOnly } }] },
    container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
  });
  await linesOf(peapod, pod('writer', 'echo data > /v/file', false), claim);
  const lines = await linesOf(
    peapod,
    pod('reader', 'cat /v/file; touch /v/x 2>/dev/null || echo read-only', true),
  );
  assert.deepEqual(lines, ['data', 'read-only']);
  const volumeClaimTemplate = { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec: claim.spec };
  const script = 'ls /v | wc -l; touch /v/x';
  for (let round = 0; round < 2; round += 1)
    assert.deepEqual(await seen('scratch', script, { ephemeral: { volumeClaimTemplate } }), ['0']);
});

test('subPath and subPathExpr show a part of the volume', async () => {
  const path = join(peapod.directory, 'parts');
  await mkdir(join(path, 'inner', 'expr'), { recursive: true });
  await writeFile(join(path, 'inner', 'file'), 'inner\n');
  await writeFile(join(path, 'inner', 'expr', 'file'), 'expr\n');
  const hostPath = { path, type: 'Directory' };
  assert.deepEqual(await seen('part', 'cat /v/file', { hostPath }, { subPath: 'inner' }), ['inner']);
  const pod = {
    name: 'expr',
    script: 'cat /v/file',
    spec: { volumes: [{ name: 'v', hostPath }] },
    container: {
      env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      volumeMounts: [{ name: 'v', mountPath: '/v', subPathExpr: 'inner/$(POD)' }],
    },
  };
  assert.deepEqual(await linesOf(peapod, pod), ['expr']);
});

test('mountPropagation and recursiveReadOnly are the mount’s', async () => {
  const script = 'grep " /v " /proc/self/mountinfo';
  // A mount that is shared, as the root of most hosts is.
  const path = join(peapod.directory, 'shared');
  await mkdir(path);
  await run('mount', ['-t', 'tmpfs', 'tmpfs', path]);
  await run('mount', ['--make-shared', path]);
  const hostPath = { path, type: 'Directory' };
  const [alone] = await seen('private', script, { hostPath });
  assert.doesNotMatch(alone ?? '', /shared:|master:/);
  const [follows] = await seen('slave', script, { hostPath }, { mountPropagation: 'HostToContainer' });
  assert.match(follows ?? '', /master:/);
  const [still] = await seen('still', script, { hostPath }, { readOnly: true, recursiveReadOnly: 'Enabled' });
  assert.match(still ?? '', / \/v ro,/);
  await run('umount', [path]);
});
