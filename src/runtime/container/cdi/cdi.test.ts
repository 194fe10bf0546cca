import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { isPeapodError } from '../../../model/errors.ts';
import type { OciSpec } from '../spec/oci-spec.ts';
import { applyCdiEdits } from './apply-cdi-edits.ts';
import { cdiEdits } from './cdi-edits.ts';
import { parseCdiSpec } from './cdi-spec.ts';

const GPU = {
  cdiVersion: '0.6.0',
  kind: 'vendor.example/gpu',
  containerEdits: { env: ['COMMON=1'] },
  devices: [
    {
      name: 'zero',
      containerEdits: {
        env: ['PATH=/gpu', 'GPU=0'],
        deviceNodes: [{ path: '/dev/gpu0', hostPath: '/dev/null', permissions: 'rw' }],
        mounts: [
          { hostPath: '/b', containerPath: '/data/b', options: ['ro'] },
          { hostPath: '/a', containerPath: '/data', options: ['rbind', 'ro'] },
        ],
        hooks: [{ hookName: 'createContainer', path: '/usr/bin/hook', args: ['hook', 'x'] }],
        additionalGids: [44],
      },
    },
    { name: 'one', containerEdits: { deviceNodes: [{ path: '/dev/gpu1', type: 'c', major: 7, minor: 8 }] } },
  ],
};

async function directories(t: TestContext, files: Record<string, string>) {
  const root = await mkdtempDisposable(join(tmpdir(), 'cdi-'));
  t.after(() => root[Symbol.asyncDispose]());
  const all = ['etc', 'run'].map((name) => join(root.path, name));
  for (const each of all) mkdirSync(each);
  for (const [path, content] of Object.entries(files)) writeFileSync(join(root.path, path), content);
  return all;
}

function spec(user = { uid: 0, gid: 0, additionalGids: [5] }): OciSpec {
  return {
    process: { user, env: ['PATH=/bin'] },
    mounts: [{ destination: '/proc', type: 'proc', source: 'proc', options: [] }],
    linux: { devices: [], resources: { devices: [{ allow: false, access: 'rwm' }] } },
  } as unknown as OciSpec;
}

test('devices bring what they and their files say into a container', async (t) => {
  const paths = await directories(t, { 'etc/gpu.json': JSON.stringify(GPU) });
  const edits = await cdiEdits(['vendor.example/gpu=zero', 'vendor.example/gpu=one'], paths);
  const { process, mounts, hooks, linux } = await applyCdiEdits(spec(), edits);
  assert.deepEqual(process.env, ['PATH=/gpu', 'COMMON=1', 'GPU=0']);
  assert.deepEqual(process.user.additionalGids, [5, 44]);
  assert.deepEqual(
    mounts.map(({ destination, options }) => [destination, options.join()]),
    [
      ['/proc', ''],
      ['/data', 'rbind,ro'],
      ['/data/b', 'bind,ro'],
    ],
  );
  assert.deepEqual(hooks, { createContainer: [{ path: '/usr/bin/hook', args: ['hook', 'x'] }] });
  assert.deepEqual(
    linux.devices.map(({ path, major, minor }) => [path, major, minor]),
    [
      ['/dev/gpu0', 1, 3],
      ['/dev/gpu1', 7, 8],
    ],
  );
  assert.deepEqual(linux.resources.devices?.slice(1), [
    { allow: true, type: 'c', major: 1, minor: 3, access: 'rw' },
    { allow: true, type: 'c', major: 7, minor: 8, access: 'rwm' },
  ]);
});

test('a device without an owner is the process\u2019s', async (t) => {
  const paths = await directories(t, { 'etc/gpu.json': JSON.stringify(GPU) });
  const edits = await cdiEdits(['vendor.example/gpu=one'], paths);
  const { linux } = await applyCdiEdits(spec({ uid: 33, gid: 77, additionalGids: [] }), edits);
  assert.deepEqual([linux.devices[0]?.uid, linux.devices[0]?.gid], [33, 77]);
});

test('the later directory wins, in YAML too, and two equals are a conflict', async (t) => {
  const yaml =
    'cdiVersion: 0.6.0\nkind: vendor.example/gpu\ndevices:\n- name: zero\n  containerEdits: { env: [FROM=run] }\n';
  const paths = await directories(t, { 'etc/gpu.json': JSON.stringify(GPU), 'run/gpu.yaml': yaml });
  const all = await cdiEdits(['vendor.example/gpu=zero'], paths);
  assert.deepEqual(
    all.flatMap(({ env }) => env),
    ['FROM=run'],
  );
  writeFileSync(join(paths[1] ?? '', 'more.json'), JSON.stringify(GPU));
  await assert.rejects(cdiEdits(['vendor.example/gpu=zero'], paths), {
    message: /conflicting CDI devices vendor\.example\/gpu=zero: .*gpu\.yaml and .*more\.json/,
  });
});

test('a device that no file describes is refused, with what is wrong with the files', async (t) => {
  const paths = await directories(t, { 'etc/a.json': '{', 'etc/b.json': '{"cdiVersion":"1","kind":"x"}' });
  await assert.rejects(cdiEdits(['vendor.example/gpu=zero'], paths), {
    code: 'CreateContainerError',
    message:
      /^unresolvable CDI devices vendor\.example\/gpu=zero \(cannot use .*a\.json: .*; .*b\.json: kind: Invalid value/,
  });
});

test('an edit that is not applied is refused by its name', async (t) => {
  const device = { name: 'zero', containerEdits: { intelRdt: { closID: 'a' } } };
  const paths = await directories(t, { 'etc/gpu.json': JSON.stringify({ ...GPU, devices: [device] }) });
  await assert.rejects(cdiEdits(['vendor.example/gpu=zero'], paths), {
    code: 'Unsupported',
    message: 'CDI devices[0].containerEdits.intelRdt: not supported',
  });
});

test('any file is a specification or refused by a field\u2019s name', () => {
  const property = fc.property(
    fc.anything(),
    fc.constantFrom('devices', 'containerEdits', 'kind'),
    (value, field) => {
      try {
        parseCdiSpec({ ...GPU, [field]: value });
      } catch (error) {
        assert.ok(isPeapodError(error, 'Invalid'), String(error));
      }
    },
  );
  fc.assert(property, { numRuns: 1000 });
});
