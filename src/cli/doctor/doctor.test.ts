import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandResult, DoctorHost, FileSystemView } from './doctor-host.ts';
import { TMPFS_MAGIC } from './doctor-host.ts';
import { renderReport } from './render-report.ts';
import { type CheckReport, type Report, runDoctor } from './run-doctor.ts';

const ALL_CAPABILITIES = 'CapBnd:\t000001ffffffffff\n';

/** A host where nothing is missing, as a table of what it answers. */
class FakeHost implements DoctorHost {
  uid = 0;
  places = { root: '/var/lib/peapod', run: '/run/peapod', cniBinDirs: ['/opt/cni/bin', '/usr/lib/cni'] };
  nodeVersion = '26.1.0';
  files = new Map([
    ['/proc/sys/kernel/osrelease', '6.1.0-42-amd64\n'],
    ['/proc/self/limits', 'Max open files            1024                 1048576              files\n'],
    ['/proc/self/mountinfo', '30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n'],
    ['/sys/fs/cgroup/cgroup.controllers', 'cpuset cpu io memory hugetlb pids\n'],
    ['/proc/self/cgroup', '0::/\n'],
    ['/proc/sys/net/ipv4/ip_forward', '1\n'],
    ['/proc/sys/net/ipv6/conf/all/disable_ipv6', '0\n'],
    ['/proc/filesystems', 'nodev\ttmpfs\nnodev\toverlay\n\text4\n'],
    ['/proc/self/status', ALL_CAPABILITIES],
    ['/proc/sys/kernel/cap_last_cap', '40\n'],
    ['/proc/sys/kernel/seccomp/actions_avail', 'kill_process allow\n'],
    ['/proc/sys/user/max_user_namespaces', '15000\n'],
    ['/usr/lib/cni/bridge', ''],
  ]);
  programs = new Map([
    ['crun', 'crun version 1.8.1'],
    ['runc', 'runc version 1.1.5'],
    ['conmon', 'conmon version 2.1.6'],
    ['nft', ''],
  ]);
  ran: string[] = [];
  /** What a command does to this host. */
  effects = new Map<string, () => Partial<CommandResult> | undefined>();
  disk: FileSystemView = { type: 0xef53, freeBytes: 50e9, inodes: 1000, freeInodes: 900 };

  read = async (path: string) => this.files.get(path);
  exists = async (path: string) => this.files.has(path);
  networkPlugins = async (): Promise<readonly string[]> => [];
  find = async (program: string) => (this.programs.has(program) ? `/usr/bin/${program}` : undefined);
  fileSystem = async (path: string) =>
    path.startsWith('/run') ? { ...this.disk, type: TMPFS_MAGIC } : this.disk;
  run = async (command: string, ...args: string[]): Promise<CommandResult> => {
    const line = [command, ...args].join(' ');
    if (args[0] !== '--version' && args[0] !== 'list') this.ran.push(line);
    const effect = this.effects.get(line)?.();
    return { code: 0, stdout: `${this.programs.get(command) ?? ''}\n`, stderr: '', ...effect };
  };
}

function hybridHost(): FakeHost {
  const host = new FakeHost();
  const v1 = ['cpu', 'memory', 'pids', 'devices', 'freezer'];
  const mounts = v1.map(
    (name) => `32 31 0:29 / /sys/fs/cgroup/${name} rw,relatime - cgroup cgroup rw,${name}\n`,
  );
  host.files.set(
    '/proc/self/mountinfo',
    `${mounts.join('')}41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n`,
  );
  host.files.set('/sys/fs/cgroup/unified/cgroup.controllers', 'hugetlb\n');
  host.files.set(
    '/proc/self/cgroup',
    `${v1.map((name, index) => `${index + 1}:${name}:/\n`).join('')}0::/\n`,
  );
  return host;
}

function checkOf(report: Report, name: string): CheckReport {
  const check = report.checks.find((candidate) => candidate.name === name);
  assert.ok(check, `no check ${name}`);
  return check;
}

test('a host that lacks nothing is well', async () => {
  const report = await runDoctor(new FakeHost(), { fix: true });
  assert.deepEqual(
    report.checks.filter(({ verdict }) => verdict !== 'ok'),
    [],
  );
  assert.equal(report.verdict, 'ok');
});

test('nothing is run on the host without --fix', async () => {
  const host = hybridHost();
  host.files.set('/proc/filesystems', 'nodev\ttmpfs\n');
  await runDoctor(host, { fix: false });
  assert.deepEqual(host.ran, []);
});

/** What is changed on the host, and what the doctor must say of it. */
const CASES: [string, (host: FakeHost) => void, string, Partial<CheckReport>][] = [
  ['without root', (host) => (host.uid = 1000), 'root', { verdict: 'fail' }],
  [
    'an old kernel',
    (host) => host.files.set('/proc/sys/kernel/osrelease', '5.4.0'),
    'kernel',
    { verdict: 'fail' },
  ],
  [
    'the oldest kernel',
    (host) => host.files.set('/proc/sys/kernel/osrelease', '5.10.1'),
    'kernel',
    { verdict: 'ok' },
  ],
  ['an old Node.js', (host) => (host.nodeVersion = '20.20.2'), 'node', { verdict: 'fail' }],
  [
    'no conmon',
    (host) => host.programs.delete('conmon'),
    'conmon',
    { verdict: 'fail', mend: 'apt-get install conmon' },
  ],
  [
    'an old conmon',
    (host) => host.programs.set('conmon', 'conmon version 2.0.25'),
    'conmon',
    { verdict: 'fail' },
  ],
  [
    'no crun',
    (host) => host.programs.delete('crun'),
    'crun',
    { verdict: 'warn', mend: 'apt-get install crun' },
  ],
  [
    'no OCI runtime at all',
    (host) => host.programs.delete('crun') && host.programs.delete('runc'),
    'crun',
    { verdict: 'fail' },
  ],
  [
    'a missing plugin of the network that is configured',
    (host) => (host.networkPlugins = async () => ['bridge', 'firewall']),
    'network plugins',
    { verdict: 'fail', mend: 'apt-get install containernetworking-plugins' },
  ],
  [
    'a network configuration that cannot be used',
    (host) => (host.networkPlugins = () => Promise.reject(new Error('10-a.conflist: has no plugins'))),
    'network plugins',
    { verdict: 'fail', message: '10-a.conflist: has no plugins: only pods with hostNetwork can run' },
  ],
  ['no cgroups', (host) => host.files.set('/proc/self/mountinfo', ''), 'cgroups', { verdict: 'fail' }],
  [
    'no memory controller',
    (host) => host.files.set('/sys/fs/cgroup/cgroup.controllers', 'cpu pids\n'),
    'cgroups',
    { verdict: 'fail' },
  ],
  [
    'no pids controller',
    (host) => host.files.set('/sys/fs/cgroup/cgroup.controllers', 'cpu memory\n'),
    'cgroups',
    { verdict: 'warn' },
  ],
  [
    'no CAP_SYS_RESOURCE',
    (host) => host.files.set('/proc/self/status', 'CapBnd:\t000001fffeffffff\n'),
    'capabilities',
    { verdict: 'warn' },
  ],
  [
    'no CAP_SYS_ADMIN',
    (host) => host.files.set('/proc/self/status', 'CapBnd:\t000001ffffdfffff\n'),
    'capabilities',
    { verdict: 'fail' },
  ],
  ['a full disk', (host) => (host.disk = { ...host.disk, freeBytes: 1e6 }), 'disk', { verdict: 'fail' }],
  ['few inodes', (host) => (host.disk = { ...host.disk, freeInodes: 3 }), 'disk', { verdict: 'warn' }],
  [
    'btrfs, which has no number of inodes',
    (host) => (host.disk = { ...host.disk, inodes: 0, freeInodes: 0 }),
    'disk',
    { verdict: 'ok' },
  ],
  [
    'no IPv6',
    (host) => host.files.delete('/proc/sys/net/ipv6/conf/all/disable_ipv6'),
    'IPv6',
    { verdict: 'warn' },
  ],
];

for (const [situation, change, name, expected] of CASES) {
  test(`${situation}: ${name} is ${expected.verdict}`, async () => {
    const host = new FakeHost();
    change(host);
    const report = await runDoctor(host, { fix: false });
    const check = checkOf(report, name);
    assert.deepEqual({ ...check, ...expected }, check);
    if (expected.verdict === 'fail') assert.equal(report.verdict, 'fail');
  });
}

test('--fix mounts a controller that crun cannot work with, and looks again', async () => {
  const host = hybridHost();
  const mount = 'mount -t cgroup -o hugetlb cgroup /sys/fs/cgroup/hugetlb';
  host.effects.set(mount, () => {
    host.files.set('/sys/fs/cgroup/unified/cgroup.controllers', '\n');
    return undefined;
  });
  assert.equal(checkOf(await runDoctor(host, { fix: false }), 'stray controllers').verdict, 'warn');
  const check = checkOf(await runDoctor(host, { fix: true }), 'stray controllers');
  assert.equal(check.verdict, 'ok');
  assert.deepEqual(check.ran, [{ command: 'mkdir -p /sys/fs/cgroup/hugetlb' }, { command: mount }]);
});

test('a fix that fails is shown with what it said, and the mend stays', async () => {
  const host = hybridHost();
  host.effects.set('mkdir -p /sys/fs/cgroup/hugetlb', () => ({ code: 1, stderr: 'Read-only file system\n' }));
  const report = await runDoctor(host, { fix: true });
  const check = checkOf(report, 'stray controllers');
  assert.equal(check.verdict, 'warn');
  assert.deepEqual(check.ran, [
    { command: 'mkdir -p /sys/fs/cgroup/hugetlb', error: 'Read-only file system' },
  ]);
  const text = renderReport(report, { style: (_, plain) => plain });
  assert.match(text, /ran: mkdir -p/);
  assert.match(text, /failed: Read-only file system/);
  assert.match(text, /mend: mkdir -p .* && mount -t cgroup/);
});

test('a controller that is in use but mounted nowhere gets its mount', async () => {
  const host = hybridHost();
  host.files.set('/sys/fs/cgroup/unified/cgroup.controllers', '\n');
  host.files.set('/proc/self/cgroup', `9:hugetlb:/\n${host.files.get('/proc/self/cgroup')}`);
  const check = checkOf(await runDoctor(host, { fix: false }), 'stray controllers');
  assert.equal(check.verdict, 'warn');
  assert.match(check.message, /^hugetlb mounted nowhere/);
});

test('a check that breaks is a warning, not the end', async () => {
  const host = new FakeHost();
  host.fileSystem = async () => {
    throw new Error('EIO');
  };
  const check = checkOf(await runDoctor(host, { fix: false }), 'disk');
  assert.deepEqual(check, { name: 'disk', verdict: 'warn', message: 'cannot be examined: EIO' });
});
