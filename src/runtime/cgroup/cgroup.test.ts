import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type MountEntry, readMounts } from '../linux/proc.ts';
import { type CgroupLayout, cgroupLayout, hierarchies } from './cgroup-layout.ts';
import { openContainerCgroups } from './container-cgroups.ts';
import { cpuWeight, limitFiles } from './limit-files.ts';
import { openPodCgroups } from './pod-cgroups.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peapod-cgroup-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mountEntry = (type: string, mountPoint: string, superOptions: string[]): MountEntry => ({
  type,
  mountPoint,
  superOptions,
  root: '/',
  source: 'cgroup',
  options: [],
});

test('version 2, version 1 and hybrid hosts are told apart', () => {
  const unified = mountEntry('cgroup2', '/sys/fs/cgroup', ['rw']);
  assert.deepEqual(cgroupLayout([unified]), { version: 2, mountPoint: '/sys/fs/cgroup' });
  const cpu = mountEntry('cgroup', '/sys/fs/cgroup/cpu,cpuacct', ['rw', 'cpu', 'cpuacct']);
  const memory = mountEntry('cgroup', '/sys/fs/cgroup/memory', ['rw', 'memory']);
  const hybrid = cgroupLayout([cpu, memory, mountEntry('cgroup2', '/sys/fs/cgroup/unified', ['rw'])]);
  assert.equal(hybrid?.version, 1);
  assert.deepEqual(hierarchies(hybrid as CgroupLayout), [
    '/sys/fs/cgroup/cpu,cpuacct',
    '/sys/fs/cgroup/memory',
    '/sys/fs/cgroup/unified',
  ]);
  assert.equal(cgroupLayout([]), undefined);
});

test('shares become weights as the KEP says', () => {
  assert.deepEqual([0, 2, 1024, 262_144, 1e9].map(cpuWeight), [1, 1, 39, 10_000, 10_000]);
});

test('limits become files of either version, and an absent one is lifted', () => {
  const resources = {
    cpuShares: 1024,
    cpuQuotaUs: 50_000,
    cpuPeriodUs: 100_000,
    memoryLimitBytes: 5,
    hugepageLimits: [{ pageSize: '2Mi', limitBytes: 4 }],
  };
  const text = (version: 1 | 2) =>
    limitFiles(version, resources).map(({ file, value }) => `${file}=${value}`);
  assert.deepEqual(text(1), [
    'cpu.shares=1024',
    'cpu.cfs_period_us=100000',
    'cpu.cfs_quota_us=50000',
    'memory.limit_in_bytes=5',
    'pids.max=max',
    'hugetlb.2MB.limit_in_bytes=4',
  ]);
  assert.deepEqual(text(2), [
    'cpu.weight=39',
    'cpu.max=50000 100000',
    'memory.max=5',
    'pids.max=max',
    'hugetlb.2MB.max=4',
  ]);
  assert.ok(limitFiles(2, {}).some(({ file, value }) => file === 'cpu.max' && value === 'max 100000'));
});

/** A tree as the kernel would show it, for the version that this host does not have. */
function fakeVersion2(): CgroupLayout {
  for (const level of ['', '/peapod', '/peapod/burstable', '/peapod/burstable/podu1']) {
    mkdirSync(folder + level, { recursive: true });
    writeFileSync(`${folder}${level}/cgroup.controllers`, 'cpuset cpu io memory pids\n');
    for (const file of ['cgroup.subtree_control', 'cpu.weight', 'cpu.max', 'memory.max', 'pids.max'])
      writeFileSync(`${folder}${level}/${file}`, '');
  }
  return { version: 2, mountPoint: folder };
}

test('on version 2 every level hands its controllers down and the limits are written', async () => {
  const cgroups = openPodCgroups(fakeVersion2(), '/peapod');
  const path = await cgroups.ensure(
    { uid: 'u1', qosClass: 'Burstable' },
    { cpuShares: 512, memoryLimitBytes: 1 << 20 },
  );
  assert.equal(path, '/peapod/burstable/podu1');
  assert.match(readFileSync(`${folder}/peapod/cgroup.subtree_control`, 'utf8'), /^\+pids/);
  assert.equal(readFileSync(`${folder}${path}/memory.max`, 'utf8'), String(1 << 20));
  assert.equal(readFileSync(`${folder}${path}/cpu.weight`, 'utf8'), String(cpuWeight(512)));
  assert.equal(readFileSync(`${folder}/peapod/burstable/cpu.weight`, 'utf8').trim(), String(cpuWeight(512)));
  assert.deepEqual(await cgroups.list(), ['u1']);
});

test('all pods together are bounded, also those to come, until it is lifted', async () => {
  const cgroups = openPodCgroups(fakeVersion2(), '/peapod');
  const written = (file: string) => readFileSync(`${folder}/peapod/${file}`, 'utf8');
  await cgroups.limitAll({ memoryLimitBytes: 1 << 30, pidsLimit: 500, cpuShares: 2048 });
  assert.deepEqual(['memory.max', 'pids.max', 'cpu.weight'].map(written), [
    String(1 << 30),
    '500',
    String(cpuWeight(2048)),
  ]);
  writeFileSync(`${folder}/peapod/memory.max`, 'max');
  await cgroups.ensure({ uid: 'u1', qosClass: 'Burstable' }, {});
  assert.equal(written('memory.max'), String(1 << 30));
  await cgroups.limitAll(undefined);
  // A file on a disk keeps the end of what was longer.
  assert.match(written('memory.max'), /^max/);
  assert.match(written('cpu.weight'), /^100/);
});

test('statistics are read on version 2', async () => {
  const layout = fakeVersion2();
  const directory = `${folder}/peapod/burstable/podu1`;
  writeFileSync(`${directory}/memory.stat`, 'anon 10\ninactive_file 30\npgfault 4\npgmajfault 1\n');
  writeFileSync(`${directory}/memory.current`, '100\n');
  writeFileSync(`${directory}/memory.max`, '200\n');
  writeFileSync(`${directory}/cpu.stat`, 'usage_usec 5\n');
  writeFileSync(`${directory}/pids.current`, '3\n');
  writeFileSync(`${directory}/memory.events`, 'oom 1\noom_kill 2\n');
  const cgroups = openContainerCgroups(layout, '/peapod');
  const stats = await cgroups.stats('/peapod/burstable/podu1');
  assert.deepEqual(
    [
      stats.memoryWorkingSetBytes,
      stats.memoryAvailableBytes,
      stats.cpuUsageNanoCoreSeconds,
      stats.processCount,
    ],
    [70, 130, 5000, 3],
  );
  assert.equal(await cgroups.oomKills('/peapod/burstable/podu1'), 2);
  assert.equal(await cgroups.oomKills('/peapod/none'), 0);
});

test("on this host a pod's cgroup limits, is removed with the processes in it, and leaves nothing", async () => {
  const layout = cgroupLayout(await readMounts());
  assert.ok(layout);
  const parent = `/peapod-test-${process.pid}`;
  const pods = openPodCgroups(layout, parent);
  const containers = openContainerCgroups(layout, parent);
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    const path = await pods.ensure(
      { uid: 'u', qosClass: 'Guaranteed' },
      { cpuShares: 300, memoryLimitBytes: 64 << 20, pidsLimit: 10 },
    );
    await containers.enterConmon(child.pid ?? 0);
    const memory = layout.version === 2 ? layout.mountPoint : (layout.controllers.get('memory') ?? '');
    const file = layout.version === 2 ? 'memory.max' : 'memory.limit_in_bytes';
    assert.equal(readFileSync(join(memory, path, file), 'utf8').trim(), String(64 << 20));
    writeFileSync(join(memory, path, 'cgroup.procs'), String(child.pid));
    assert.deepEqual(await containers.processes(path), [child.pid]);
    assert.equal((await containers.stats(path)).memoryAvailableBytes !== undefined, true);
    assert.deepEqual(await pods.list(), ['u']);
    await pods.remove('u');
    await pods.remove('u');
    assert.equal(existsSync(join(memory, path)), false);
  } finally {
    child.kill('SIGKILL');
    await pods.remove('u');
  }
  assert.ok(hierarchies(layout).every((root) => !existsSync(join(root, parent))));
});
