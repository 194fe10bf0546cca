/** Fields about users, rights and profiles, seen from within the container. */
import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fieldPod, linesOf } from './support/field-pod.ts';
import { startPeapod, type TestPeapod } from './support/peapod.ts';

let peapod: TestPeapod;
before(async () => {
  peapod = await startPeapod();
  // The root of a user namespace has to get through it.
  await chmod(peapod.directory, 0o711);
  await peapod.load('busybox');
});
after(() => peapod[Symbol.asyncDispose]());

const STATUS = (field: string): string => `grep -i "^${field}:" /proc/self/status | tr -s "\\t " " "`;

test('runAsUser, runAsGroup and supplementalGroups are the process’s, and the container’s word wins', async () => {
  const lines = await linesOf(peapod, {
    name: 'user',
    script: 'id -u; id -g; id -G',
    spec: {
      securityContext: {
        runAsUser: 1000,
        runAsGroup: 2000,
        supplementalGroups: [3000],
        supplementalGroupsPolicy: 'Strict',
      },
    },
    container: { securityContext: { runAsUser: 1001, runAsGroup: 2001 } },
  });
  assert.deepEqual(lines, ['1001', '2001', '2001 3000']);
});

test('runAsNonRoot refuses an image that runs as root', async () => {
  for (const [name, where] of [
    ['pod', { spec: { securityContext: { runAsNonRoot: true } } }],
    ['container', { container: { securityContext: { runAsNonRoot: true } } }],
  ] as const) {
    const file = await peapod.manifest(fieldPod({ name: 'root', script: 'true', ...where }));
    const { code, stderr } = await peapod.call(['run', '-f', file]);
    assert.equal(code, 125, name);
    assert.match(stderr, /container has runAsNonRoot and image will run as root/);
  }
});

test('fsGroup owns the volumes and is one of the process’s groups; OnRootMismatch looks at the root alone', async () => {
  for (const fsGroupChangePolicy of ['Always', 'OnRootMismatch']) {
    const lines = await linesOf(peapod, {
      name: 'group',
      script: 'stat -c "%g %a" /data; id -G; touch /data/x && stat -c %g /data/x',
      spec: {
        securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 5000, fsGroupChangePolicy },
        volumes: [{ name: 'data', emptyDir: {} }],
      },
      container: { volumeMounts: [{ name: 'data', mountPath: '/data' }] },
    });
    assert.deepEqual(lines, ['5000 2777', '1000 5000', '5000']);
  }
});

test('allowPrivilegeEscalation: false, and readOnlyRootFilesystem', async () => {
  const lines = await linesOf(peapod, {
    name: 'tight',
    script: `${STATUS('NoNewPrivs')}; touch /x 2>/dev/null || echo read-only`,
    container: { securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true } },
  });
  assert.deepEqual(lines, ['NoNewPrivs: 1', 'read-only']);
});

test('privileged has the devices of the node and no filter; capabilities are added and dropped', async () => {
  const privileged = await linesOf(peapod, {
    name: 'mighty',
    script: `${STATUS('Seccomp')}; test -e /dev/kmsg && echo kmsg`,
    container: { securityContext: { privileged: true } },
  });
  assert.deepEqual(privileged, ['Seccomp: 0', 'kmsg']);
  const effective = await linesOf(peapod, {
    name: 'caps',
    script: STATUS('CapEff'),
    container: { securityContext: { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } } },
  });
  assert.deepEqual(effective, ['CapEff: 0000000000001000']);
});

test('procMount Unmasked shows all of proc', async () => {
  const script = 'grep -q " /proc/" /proc/self/mounts && echo masked || echo bare';
  const masked = await linesOf(peapod, { name: 'masked', script });
  const unmasked = await linesOf(peapod, {
    name: 'unmasked',
    script,
    spec: { hostUsers: false },
    container: { securityContext: { procMount: 'Unmasked' } },
  });
  assert.deepEqual([masked, unmasked], [['masked'], ['bare']]);
});

test('seccompProfile: RuntimeDefault when nothing is said, Unconfined, and Localhost from the node', async () => {
  const script = STATUS('Seccomp');
  assert.deepEqual(await linesOf(peapod, { name: 'default', script }), ['Seccomp: 2']);
  const unconfined = { spec: { securityContext: { seccompProfile: { type: 'Unconfined' } } } };
  assert.deepEqual(await linesOf(peapod, { name: 'none', script, ...unconfined }), ['Seccomp: 0']);
  await mkdir(join(peapod.root, 'seccomp'), { recursive: true });
  const profile = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
  };
  await writeFile(join(peapod.root, 'seccomp', 'no-mkdir.json'), JSON.stringify(profile));
  const own = {
    container: {
      securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'no-mkdir.json' } },
    },
  };
  const lines = await linesOf(peapod, { name: 'own', script: 'mkdir /x 2>&1 || true', ...own });
  assert.match(lines[0] ?? '', /Operation not permitted/);
});

test('appArmorProfile is used where the kernel has AppArmor, and refused by name where it has not', async () => {
  const pod = (profile: object, where: 'pod' | 'container') =>
    fieldPod({
      name: 'armor',
      script: 'cat /proc/self/attr/current 2>/dev/null || true',
      ...(where === 'pod'
        ? { spec: { securityContext: { appArmorProfile: profile as { type: string } } } }
        : { container: { securityContext: { appArmorProfile: profile as { type: string } } } }),
    });
  for (const where of ['pod', 'container'] as const) {
    const loose = await peapod.call([
      'run',
      '--rm',
      '-f',
      await peapod.manifest(pod({ type: 'Unconfined' }, where)),
    ]);
    assert.equal(loose.code, 0, loose.stderr);
    const missing = await peapod.call([
      'run',
      '-f',
      await peapod.manifest(pod({ type: 'Localhost', localhostProfile: 'peapod-none' }, where)),
    ]);
    assert.equal(missing.code, 125);
    assert.match(missing.stderr, /AppArmor/i);
  }
});
