import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerConfig, LinuxSecurityContext, NamespaceOptions } from '../../pod-runtime.ts';
import { buildSpec, type SpecFacts } from './build-spec.ts';
import { ALL_CAPABILITIES } from './capabilities.ts';
import { MASKED_PATHS } from './masked-paths.ts';
import { containerMounts } from './mounts.ts';
import { containerNamespaces } from './namespaces.ts';
import type { OciSpec } from './oci-spec.ts';
import { ociResources } from './resources.ts';

const pod: NamespaceOptions = { network: 'POD', pid: 'CONTAINER', ipc: 'POD' };

function spec(security: LinuxSecurityContext = {}, more: Partial<SpecFacts> = {}): OciSpec {
  const config: ContainerConfig = {
    metadata: { name: 'c', attempt: 0 },
    image: 'sha256:x',
    userImage: 'x',
    command: ['run'],
    args: [],
    workingDir: '',
    env: [],
    mounts: [],
    devices: [],
    labels: { 'org.systemd.property.X': '1' },
    annotations: { 'org.systemd.property.X': '1' },
    logPath: 'c.log',
    stdin: false,
    stdinOnce: false,
    tty: false,
    linux: { resources: { oomScoreAdj: -997 }, securityContext: security },
  };
  return buildSpec({
    containerId: 'id',
    config,
    image: {
      user: '',
      env: [],
      entrypoint: [],
      cmd: [],
      workingDir: '',
      labels: { 'org.systemd.property.X': '1' },
      stopSignal: '',
      volumes: [],
      architecture: 'amd64',
      os: 'linux',
      created: '',
    },
    user: { uid: 1, gid: 2, supplementalGroups: [2], home: '/home' },
    rootfs: '/rootfs',
    sandbox: {
      infraPid: 42,
      namespaces: pod,
      cgroupsPath: '/peapod/poduid/id',
      hostname: 'pod',
      shmPath: '/shm',
      resolvConfPath: '/resolv',
      hostnamePath: '/hostname',
    },
    targetPid: undefined,
    appArmorProfile: undefined,
    mounts: [],
    devices: [],
    localhostSeccomp: undefined,
    host: {
      ociVersion: '1.0.2',
      arch: 'x64',
      cgroupMode: 'v1',
      capabilities: new Set(ALL_CAPABILITIES.filter((name) => name !== 'CAP_SYS_RESOURCE')),
      hardNofile: 1000,
      oomScoreAdj: 0,
    },
    ...more,
  });
}

test("nobody gives the runtime annotations, and the cgroup is the pod's", () => {
  const { annotations, linux, ociVersion } = spec();
  assert.deepEqual([annotations, linux.cgroupsPath, ociVersion], [{}, '/peapod/poduid/id', '1.0.2']);
});

test('limits are clamped to what this process may set', () => {
  const { process } = spec();
  assert.deepEqual(process.rlimits, [{ type: 'RLIMIT_NOFILE', soft: 1000, hard: 1000 }]);
  assert.equal(process.oomScoreAdj, 0);
});

for (const [title, security, expected] of [
  ['nothing is said (over CRI)', {}, 'none'],
  ['RuntimeDefault', { seccomp: { type: 'RuntimeDefault' } }, 'SCMP_ACT_ERRNO'],
  ['Unconfined', { seccomp: { type: 'Unconfined' } }, 'none'],
  ['Localhost', { seccomp: { type: 'Localhost', localhostRef: '/p' } }, 'SCMP_ACT_LOG'],
  ['privileged, whatever else', { privileged: true, seccomp: { type: 'RuntimeDefault' } }, 'none'],
] as const) {
  test(`the filter with ${title} is ${expected}`, () => {
    const { linux } = spec(security, { localhostSeccomp: { defaultAction: 'SCMP_ACT_LOG', syscalls: [] } });
    assert.equal(linux.seccomp?.defaultAction ?? 'none', expected);
  });
}

const maskedBy: [string, LinuxSecurityContext, readonly string[]][] = [
  ['by default', {}, MASKED_PATHS],
  ['unmasked', { maskedPaths: [], readonlyPaths: [] }, []],
  ['privileged', { privileged: true }, []],
  ['as told', { maskedPaths: ['/proc/x'] }, ['/proc/x']],
];
for (const [title, security, masked] of maskedBy) {
  test(`masked paths ${title}`, () => assert.deepEqual(spec(security).linux.maskedPaths, masked));
}

const facts = { infraPid: 42, targetPid: 77, privileged: false, cgroupMode: 'v1' } as const;
for (const [options, expected] of [
  [pod, ['mount', 'network /proc/42/ns/net', 'ipc /proc/42/ns/ipc', 'uts /proc/42/ns/uts', 'pid']],
  [
    { ...pod, pid: 'POD' },
    ['mount', 'network /proc/42/ns/net', 'ipc /proc/42/ns/ipc', 'uts /proc/42/ns/uts', 'pid /proc/42/ns/pid'],
  ],
  [{ network: 'NODE', ipc: 'NODE', pid: 'NODE' }, ['mount']],
  [{ network: 'NODE', ipc: 'POD', pid: 'TARGET' }, ['mount', 'ipc /proc/42/ns/ipc', 'pid /proc/77/ns/pid']],
] as const) {
  test(`namespaces with ${JSON.stringify(options)}`, () => {
    const namespaces = containerNamespaces({ ...facts, options });
    assert.deepEqual(
      namespaces.map(({ type, path }) => (path ? `${type} ${path}` : type)),
      expected,
    );
  });
}

test('a cgroup namespace hides the host on version 2, but not from a privileged container', () => {
  const types = (privileged: boolean) =>
    containerNamespaces({ ...facts, options: pod, cgroupMode: 'v2', privileged }).map(({ type }) => type);
  assert.ok(types(false).includes('cgroup'));
  assert.ok(!types(true).includes('cgroup'));
});

const mountFacts = {
  privileged: false,
  readonlyRootfs: false,
  shmPath: '/s/shm',
  resolvConfPath: '/s/resolv',
  hostnamePath: undefined,
  bindSysfs: false,
};
const user = { hostPath: '/v', readonly: false, recursiveReadOnly: false, propagation: 'PRIVATE' } as const;

test('mounts of the manifest come last, the outer ones first, and replace ours at the same place', () => {
  const mounts = containerMounts({
    ...mountFacts,
    mounts: [
      { ...user, containerPath: '/a/b/c' },
      { ...user, containerPath: '/etc/resolv.conf/', hostPath: '/mine' },
      { ...user, containerPath: '/a//x/../' },
    ],
  });
  assert.deepEqual(
    mounts.slice(-3).map(({ destination }) => destination),
    ['/a', '/etc/resolv.conf', '/a/b/c'],
  );
  const resolv = mounts.filter(({ destination }) => destination === '/etc/resolv.conf');
  assert.deepEqual(
    resolv.map(({ source }) => source),
    ['/mine'],
  );
  assert.ok(!mounts.some(({ destination }) => destination === '/etc/hostname'));
});

for (const [mount, options] of [
  [user, ['rbind', 'rprivate', 'rw']],
  [{ ...user, readonly: true }, ['rbind', 'rprivate', 'ro']],
  [{ ...user, readonly: true, recursiveReadOnly: true }, ['rbind', 'rprivate', 'ro', 'rro']],
  [
    { ...user, readonly: true, lockedFlags: ['nosuid', 'nodev'] },
    ['rbind', 'rprivate', 'nosuid', 'nodev', 'ro'],
  ],
  [{ ...user, propagation: 'HOST_TO_CONTAINER' }, ['rbind', 'rslave', 'rw']],
  [{ ...user, propagation: 'BIDIRECTIONAL' }, ['rbind', 'rshared', 'rw']],
] as const) {
  test(`mount options are ${options.join(',')}`, () => {
    const mounts = containerMounts({ ...mountFacts, mounts: [{ ...mount, containerPath: '/m' }] });
    assert.deepEqual(mounts.at(-1)?.options, options);
  });
}

test('what a mount lets through, the root lets through', () => {
  const propagation = (of: 'PRIVATE' | 'HOST_TO_CONTAINER' | 'BIDIRECTIONAL') =>
    spec({}, { mounts: [{ ...user, containerPath: '/m', propagation: of }] }).linux.rootfsPropagation;
  assert.deepEqual(
    [propagation('PRIVATE'), propagation('HOST_TO_CONTAINER'), propagation('BIDIRECTIONAL')],
    [undefined, 'slave', 'shared'],
  );
});

test('nothing is mounted over the root', () => {
  for (const containerPath of ['/', '', '/..', '.']) {
    assert.throws(
      () => containerMounts({ ...mountFacts, mounts: [{ ...user, containerPath }] }),
      /over the root/,
    );
  }
});

for (const [resources, mode, expected] of [
  [{}, 'v1', {}],
  [{ cpuShares: 1 }, 'v1', { cpu: { shares: 2 } }],
  [{ cpuQuotaUs: 50_000, cpuPeriodUs: 100_000 }, 'v2', { cpu: { quota: 50_000, period: 100_000 } }],
  [{ memoryLimitBytes: 100 }, 'v1', { memory: { limit: 100 } }],
  [{ memoryLimitBytes: 100 }, 'v2', { memory: { limit: 100, swap: 100 } }],
  [{ memoryLimitBytes: 100, memorySwapLimitBytes: 150 }, 'v1', { memory: { limit: 100, swap: 150 } }],
  [{ memoryLimitBytes: 0, pidsLimit: -1 }, 'v1', {}],
  [{ pidsLimit: 5 }, 'v1', { pids: { limit: 5 } }],
  [
    { hugepageLimits: [{ pageSize: '2Mi', limitBytes: 7 }] },
    'v1',
    { hugepageLimits: [{ pageSize: '2MB', limit: 7 }] },
  ],
  [{ unified: { 'memory.high': '9' } }, 'v2', { unified: { 'memory.high': '9' } }],
] as const) {
  test(`resources ${JSON.stringify(resources)} on ${mode}`, () => {
    const given =
      'hugepageLimits' in resources ? { hugepageLimits: [...resources.hugepageLimits] } : resources;
    assert.deepEqual(ociResources(given, mode), expected);
  });
}

for (const [resources, message] of [
  [{ unified: { 'memory.high': '9' } }, /unified: not supported/],
  [{ memorySwapLimitBytes: 9 }, /memory_swap_limit_in_bytes: Invalid value: 9: needs memory_limit/],
  [
    { memoryLimitBytes: 10, memorySwapLimitBytes: 9 },
    /memory_swap_limit_in_bytes: Invalid value: 9: must not/,
  ],
] as const)
  test(`resources ${JSON.stringify(resources)} are refused on v1`, () => {
    assert.throws(() => ociResources(resources, 'v1'), { message });
  });

test('devices are refused but for the usual ones, mknod and what was asked for', () => {
  const device = {
    containerPath: '/dev/fuse',
    type: 'c',
    major: 10,
    minor: 229,
    fileMode: 0o20666,
    uid: 0,
    gid: 0,
    permissions: 'rw',
  } as const;
  const { linux } = spec({}, { devices: [device] });
  const rules = linux.resources.devices ?? [];
  assert.deepEqual(rules[0], { allow: false, access: 'rwm' });
  assert.deepEqual(rules.at(-1), { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' });
  assert.equal(linux.devices[0]?.fileMode, 0o666);
  assert.deepEqual(spec({ privileged: true }).linux.resources.devices, [{ allow: true, access: 'rwm' }]);
});
