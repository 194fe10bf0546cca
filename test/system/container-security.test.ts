/** What the kernel lets a container do, and what hostile images and manifests make of us. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { containerStatus } from '../../src/runtime/container/container-status.ts';
import { waitForExit } from '../../src/runtime/container/container-exit.ts';
import { createContainer } from '../../src/runtime/container/create-container.ts';
import { capabilityNames, DEFAULT_CAPABILITIES } from '../../src/runtime/container/spec/capabilities.ts';
import { startContainer } from '../../src/runtime/container/start-container.ts';
import { imageStatusOf, writeBusyboxRoot } from '../../src/runtime/container/testing/busybox-image.ts';
import {
  type ContainerHost,
  openContainerHost,
  shellContainer,
} from '../../src/runtime/container/testing/container-host.ts';
import type { ContainerConfig, LinuxSecurityContext, Mount } from '../../src/runtime/pod-runtime.ts';

let host: ContainerHost;
let count = 0;
before(async () => {
  host = await openContainerHost();
});
after(async () => host[Symbol.asyncDispose]());
beforeEach(() => {
  rmSync(host.imageRoot, { recursive: true });
  writeBusyboxRoot(host.imageRoot);
  host.image = imageStatusOf('sha256:busybox');
});

/** Runs a command to its end. @returns what it wrote to both streams */
async function run(
  command: string,
  security: LinuxSecurityContext = {},
  more: Partial<ContainerConfig> = {},
): Promise<string> {
  count += 1;
  const config = shellContainer(`c${count}`, command, {
    linux: { resources: {}, securityContext: { seccomp: { type: 'RuntimeDefault' }, ...security } },
    ...more,
  });
  const id = await createContainer(host.context, host.sandbox.id, config);
  await startContainer(host.context, id);
  await waitForExit(host.context, id);
  const { logPath } = await containerStatus(host.context, id);
  return readFileSync(logPath, 'utf8').replace(/^\S+ std(out|err) [FP] /gm, '');
}

function capabilities(status: string, set: string): string[] {
  return capabilityNames(new RegExp(`^Cap${set}:\\t([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '');
}

const status = 'cat /proc/self/status';

test('by default a container has the baseline capabilities and a filter', async () => {
  const seen = await run(status);
  for (const set of ['Prm', 'Eff', 'Bnd']) {
    assert.deepEqual(capabilities(seen, set).sort(), [...DEFAULT_CAPABILITIES].sort(), set);
  }
  for (const set of ['Inh', 'Amb']) assert.deepEqual(capabilities(seen, set), [], set);
  assert.match(seen, /^Seccomp:\t2$/m);
  assert.match(seen, /^NoNewPrivs:\t0$/m);
});

test('a filter that crun has compiled once is given to it again, and is the same', async () => {
  const made = async () => {
    count += 1;
    const linux = { resources: {}, securityContext: { seccomp: { type: 'RuntimeDefault' } } } as const;
    const id = await createContainer(
      host.context,
      host.sandbox.id,
      shellContainer(`c${count}`, 'unshare -U true', { linux }),
    );
    const { run: state } = host.context.paths;
    const { annotations } = JSON.parse(
      readFileSync(join(state, 'containers', id, 'config.json'), 'utf8'),
    ) as { annotations: Record<string, string> };
    const filter = readFileSync(join(state, 'crun', id, 'seccomp.bpf'));
    await startContainer(host.context, id);
    const exitCode = await waitForExit(host.context, id);
    return { given: annotations['run.oci.seccomp_bpf_data'], filter, exitCode };
  };
  await made();
  const [first, second] = [await made(), await made()];
  assert.equal(second.given, second.filter.toString('base64'));
  assert.deepEqual(second, first);
  assert.notEqual(second.exitCode, 0);
});

test('capabilities are added and dropped', async () => {
  const seen = await run(status, { dropCapabilities: ['ALL'], addCapabilities: ['NET_ADMIN'] });
  assert.deepEqual(capabilities(seen, 'Eff'), ['CAP_NET_ADMIN']);
});

test('another user has no effective capability, and his groups', async () => {
  const seen = await run(`${status}; id`, { runAsUser: 33, supplementalGroups: [1234] });
  assert.deepEqual(capabilities(seen, 'Eff'), []);
  assert.match(seen, /^Uid:\t33\t33\t33\t33$/m);
  assert.match(seen, /^Groups:\t33 77 1234 $/m);
});

test("noNewPrivs is the kernel's", async () => {
  assert.match(await run(status, { noNewPrivs: true }), /^NoNewPrivs:\t1$/m);
});

test('the filter refuses what the profile refuses, and Unconfined has none', async () => {
  const unshare = 'unshare -U true && echo done';
  assert.match(await run(unshare), /Operation not permitted/);
  assert.match(await run(unshare, { seccomp: { type: 'Unconfined' } }), /done/);
  assert.match(await run(status, { seccomp: { type: 'Unconfined' } }), /^Seccomp:\t0$/m);
});

test('a profile of the node is used, and one that is missing is named', async () => {
  const profile = join(host.directory, 'profile.json');
  writeFileSync(
    profile,
    JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 1 }],
    }),
  );
  const seccomp = { type: 'Localhost', localhostRef: profile } as const;
  assert.match(await run('mkdir /x', { seccomp }), /Operation not permitted/);
  await assert.rejects(run('true', { seccomp: { type: 'Localhost', localhostRef: `${profile}.no` } }), {
    code: 'CreateContainerError',
    message: /cannot load seccomp profile/,
  });
});

test('dangerous paths are masked or read-only', async () => {
  const seen = await run(
    'cat /proc/interrupts /proc/keys; ls /sys/firmware; echo 1 > /proc/sys/kernel/domainname; grep -E " /(sys|proc/sys) " /proc/self/mounts; grep cgroup /proc/self/mounts',
  );
  assert.match(seen, /domainname: Read-only file system/);
  for (const line of seen.match(/^cgroup2? \S+ cgroup2? .*$/gm) ?? []) assert.match(line, / ro,/);
  assert.doesNotMatch(seen, /^ *\d+: +\d/m);
  assert.match(seen, /^sysfs \/sys sysfs ro,/m);
  assert.match(seen, /^proc \/proc\/sys proc ro,/m);
});

test('an unmasked proc shows all', async () => {
  assert.doesNotMatch(
    await run('grep -c " /proc/" /proc/self/mounts', { maskedPaths: [], readonlyPaths: [] }),
    /^[1-9]/m,
  );
});

test('a privileged container has all capabilities and devices, and no filter', async () => {
  const seen = await run(
    `${status}; ls /dev; touch /sys/fs/cgroup/memory 2>&1; grep " /sys " /proc/self/mounts`,
    { privileged: true },
  );
  assert.ok(capabilities(seen, 'Eff').includes('CAP_SYS_ADMIN'));
  assert.match(seen, /^Seccomp:\t0$/m);
  assert.match(seen, /^sysfs \/sys sysfs rw,/m);
  const disk = readdirSync('/dev').find((name) => statSync(`/dev/${name}`).isBlockDevice());
  if (disk) assert.match(seen, new RegExp(`^${disk}$`, 'm'));
});

test('devices of the host are out of reach, though a node of one can be made', async () => {
  assert.match(await run('cd /tmp; busybox mknod d b 254 0; head -c 1 d'), /Operation not permitted/);
});

test('the root is read-only when asked for', async () => {
  assert.match(await run('touch /x', { readonlyRootfs: true }), /Read-only file system/);
  assert.ok(!existsSync(join(host.imageRoot, 'x')));
});

test('what a container writes stays in its own layer', async () => {
  await run('echo x > /written; rm /etc/group');
  assert.ok(!existsSync(join(host.imageRoot, 'written')) && existsSync(join(host.imageRoot, 'etc/group')));
});

test('read-only mounts are, also what is mounted below them when asked for', async () => {
  const source = join(host.directory, 'source');
  mkdirSync(join(source, 'inner'), { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(source, 'inner')]);
  try {
    const mount: Mount = {
      containerPath: '/mnt',
      source: { hostPath: source },
      readonly: true,
      recursiveReadOnly: false,
      propagation: 'PRIVATE',
    };
    const command = 'touch /mnt/a; touch /mnt/inner/b && echo inner is writable';
    assert.match(
      await run(command, {}, { mounts: [mount] }),
      /\/mnt\/a: Read-only file system\ninner is writable/,
    );
    const recursive = await run(command, {}, { mounts: [{ ...mount, recursiveReadOnly: true }] });
    assert.match(recursive, /\/mnt\/inner\/b: Read-only file system/);
  } finally {
    execFileSync('umount', [join(source, 'inner')]);
  }
});

test('open files are limited, and nothing of ours is open in the container', async () => {
  const seen = await run('ls /proc/self/fd | wc -l; grep "open files" /proc/self/limits');
  assert.match(seen, /^4\nMax open files\s+1024\s/);
});

test('a WORKDIR that is a symlink out of the image makes nothing outside of it', async () => {
  const outside = join(host.directory, 'outside');
  symlinkSync(outside, join(host.imageRoot, 'work'));
  host.image = imageStatusOf('sha256:busybox', { workingDir: '/work/made' });
  await run('pwd').catch(() => '');
  assert.ok(!existsSync(outside));
});

test('/etc/passwd that is a symlink to the host, a FIFO, or endless, is not believed', async () => {
  const passwd = join(host.imageRoot, 'etc/passwd');
  const secret = join(host.directory, 'host-passwd');
  writeFileSync(secret, 'intruder:x:42:42::/:/bin/sh\n');
  for (const make of [() => symlinkSync(secret, passwd), () => execFileSync('mkfifo', [passwd])]) {
    rmSync(passwd, { force: true });
    make();
    await assert.rejects(run('id', { runAsUsername: 'intruder' }), {
      code: 'CreateContainerConfigError',
      message: /intruder/,
    });
  }
  rmSync(passwd);
  execFileSync('truncate', ['-s', '1G', passwd]);
  await assert.rejects(run('id'), { code: 'CreateContainerConfigError', message: /larger than/ });
});

test('/etc/hostname, /etc/resolv.conf and mount targets that are symlinks to the host touch nothing there', async () => {
  const victim = join(host.directory, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'hosts'), 'original');
  rmSync(join(host.imageRoot, 'etc/hostname'), { force: true });
  symlinkSync(join(victim, 'hostname'), join(host.imageRoot, 'etc/hostname'));
  symlinkSync(join(victim, 'resolv.conf'), join(host.imageRoot, 'etc/resolv.conf'));
  symlinkSync(victim, join(host.imageRoot, 'data'));
  const source = join(host.directory, 'volume');
  mkdirSync(source, { recursive: true });
  const mount: Mount = {
    containerPath: '/data/sub',
    source: { hostPath: source },
    readonly: false,
    recursiveReadOnly: false,
    propagation: 'PRIVATE',
  };
  await run('echo owned > /etc/hostname; echo owned > /data/hosts', {}, { mounts: [mount] }).catch(() => '');
  assert.deepEqual(readdirSync(victim), ['hosts']);
  assert.equal(readFileSync(join(victim, 'hosts'), 'utf8'), 'original');
});

test('/etc/mtab that is a symlink to the host is neither written nor made anything else', async () => {
  const victim = join(host.directory, 'mtab-victim');
  writeFileSync(victim, 'original');
  const mtab = join(host.imageRoot, 'etc/mtab');
  rmSync(mtab, { force: true });
  symlinkSync(victim, mtab);
  const seen = await run('readlink /etc/mtab; cat /etc/mtab 2>/dev/null || echo nothing there');
  assert.deepEqual(seen.trim().split('\n'), [victim, 'nothing there']);
  assert.equal(readFileSync(victim, 'utf8'), 'original');
  rmSync(mtab);
});

test('labels, annotations and env of an image or manifest give no orders to the runtime', async () => {
  host.image = imageStatusOf('sha256:busybox', {
    env: ['PATH=/bin', 'PEAPOD_TEST_SECRET'],
    labels: { 'org.systemd.property.ExecStart': '/bin/evil', 'run.oci.hooks.stdout': '/tmp/x' },
  });
  process.env['PEAPOD_TEST_SECRET'] = 'leaked';
  try {
    const annotations = {
      'org.systemd.property.MemoryMax': '1',
      'run.oci.keep_original_groups': '1',
      'run.oci.seccomp_bpf_data': 'AAAA',
    };
    const seen = await run('env', {}, { annotations });
    assert.doesNotMatch(seen, /leaked/);
    const bundle = join(
      host.context.paths.run,
      'containers',
      readdirSync(join(host.context.paths.run, 'containers')).at(-1)!,
    );
    const spec = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as {
      annotations: Record<string, string>;
    };
    const { 'run.oci.seccomp_bpf_data': filter, ...others } = spec.annotations;
    assert.deepEqual(others, {});
    assert.notEqual(filter, 'AAAA');
  } finally {
    delete process.env['PEAPOD_TEST_SECRET'];
  }
});

test("a log path that leaves the pod's directory, and one that is a symlink, is refused", async () => {
  for (const logPath of ['../../etc/cron.d/x', '/../x', '.', 'a:b.log']) {
    await assert.rejects(run('true', {}, { logPath }), { code: 'CreateContainerConfigError' });
  }
  const logs = host.sandbox.config.logDirectory;
  mkdirSync(logs, { recursive: true });
  symlinkSync(join(host.directory, 'elsewhere'), join(logs, 'link.log'));
  await assert.rejects(run('true', {}, { logPath: 'link.log' }), {
    code: 'CreateContainerConfigError',
    message: /symlink/,
  });
});

test('a uid beyond 31 bits is refused, by the image and by the manifest', async () => {
  await assert.rejects(run('id', { runAsUser: 2 ** 32 }), { code: 'CreateContainerConfigError' });
  host.image = imageStatusOf('sha256:busybox', { user: '4294967296' });
  await assert.rejects(run('id'), { code: 'CreateContainerConfigError' });
});

test('what fails leaves nothing behind', async () => {
  await assert.rejects(run('id', { runAsUsername: 'nobody-at-all' }), { code: 'CreateContainerConfigError' });
  const left = readdirSync(host.context.paths.containers).filter(
    (id) => !existsSync(join(host.context.paths.containers, id, 'container.json')),
  );
  assert.deepEqual(left, []);
});

test('a mount cannot reach the node from a private one, and may from a shared one', async () => {
  const source = join(host.directory, 'bidirectional');
  mkdirSync(source);
  execFileSync('mount', ['--bind', '--make-private', source, source]);
  try {
    const mount: Mount = {
      containerPath: '/mnt',
      source: { hostPath: source },
      readonly: false,
      recursiveReadOnly: false,
      propagation: 'BIDIRECTIONAL',
    };
    const command = 'mkdir -p /mnt/inner; mount -t tmpfs tmpfs /mnt/inner; touch /mnt/inner/seen';
    const attempt = () => run(command, { privileged: true }, { mounts: [mount] });
    await assert.rejects(attempt(), { code: 'CreateContainerError', message: /not a shared mount/ });
    execFileSync('mount', ['--make-shared', source]);
    await attempt();
    assert.deepEqual(readdirSync(join(source, 'inner')), ['seen']);
    execFileSync('umount', [join(source, 'inner')]);
  } finally {
    execFileSync('umount', ['--lazy', source]);
  }
});

const ENABLED = '/sys/module/apparmor/parameters/enabled';
const hasAppArmor = existsSync(ENABLED) && readFileSync(ENABLED, 'utf8').trim() === 'Y';

test(`an AppArmor profile that cannot confine is refused; this kernel has ${hasAppArmor ? '' : 'no '}AppArmor`, async () => {
  const refused = hasAppArmor ? /the kernel has not loaded it/ : /AppArmor is not enabled/;
  await assert.rejects(run('true', { apparmor: { type: 'Localhost', localhostRef: 'no-such-profile' } }), {
    code: 'CreateContainerConfigError',
    message: refused,
  });
  const seen = await run('cat /proc/self/attr/current 2>&1', { apparmor: { type: 'RuntimeDefault' } }).catch(
    (error: unknown) => error,
  );
  if (!hasAppArmor) assert.match(String(seen), /RuntimeDefault: AppArmor is not enabled/);
  // By name: confined by one, or told that there is none.
  else assert.match(String(seen), /\(enforce\)|the kernel has loaded no profile for containers/);
});

test('ambient capabilities are those of any user', async () => {
  const seen = await run(status, { runAsUser: 1000, addAmbientCapabilities: ['NET_BIND_SERVICE'] });
  for (const set of ['Eff', 'Prm', 'Inh', 'Amb'])
    assert.deepEqual(capabilities(seen, set), ['CAP_NET_BIND_SERVICE'], set);
});

test('a CDI device is in the container, usable, with its variables and mounts', async () => {
  const [directory = ''] = host.context.cdiDirectories;
  mkdirSync(directory, { recursive: true });
  const device = {
    name: 'zero',
    containerEdits: {
      env: ['GPU=0'],
      deviceNodes: [{ path: '/dev/gpu0', hostPath: '/dev/zero', permissions: 'r' }],
      mounts: [{ hostPath: directory, containerPath: '/cdi', options: ['ro', 'nosuid'] }],
    },
  };
  const file = { cdiVersion: '0.6.0', kind: 'vendor.example/gpu', devices: [device] };
  writeFileSync(join(directory, 'gpu.json'), JSON.stringify(file));
  const seen = await run(
    'echo $GPU; head -c 3 /dev/gpu0 | wc -c; touch /cdi/x 2>/dev/null || echo ro; ls /cdi',
    {},
    { cdiDevices: ['vendor.example/gpu=zero'] },
  );
  assert.equal(seen, '0\n3\nro\ngpu.json\n');
  await assert.rejects(run('true', {}, { cdiDevices: ['vendor.example/gpu=one'] }), {
    message: /unresolvable CDI devices vendor\.example\/gpu=one/,
  });
});
