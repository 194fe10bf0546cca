/** Sandboxes as the kernel sees them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openContainerCgroups } from '../../src/runtime/cgroup/container-cgroups.ts';
import { type CgroupLayout, cgroupLayout } from '../../src/runtime/cgroup/cgroup-layout.ts';
import { openPodCgroups } from '../../src/runtime/cgroup/pod-cgroups.ts';
import {
  isAlive,
  namespaceId,
  readMounts,
  readProcessStat,
  processStartTime,
} from '../../src/runtime/linux/proc.ts';
import { openPodNetwork } from '../../src/runtime/network/pod-network.ts';
import { findOciRuntimes } from '../../src/runtime/oci/oci-runtime.ts';
import { runtimePaths } from '../../src/runtime/paths.ts';
import type { PodSandboxConfig, PortMapping } from '../../src/runtime/pod-runtime.ts';
import { openSandboxes, type Sandboxes } from '../../src/runtime/sandbox/open-sandboxes.ts';
import { openSandboxPool, type SandboxPool } from '../../src/runtime/sandbox/pool/sandbox-pool.ts';
import { SandboxRecords } from '../../src/runtime/sandbox/sandbox-record.ts';
import { nftRules } from './support/kernel-view.ts';

const BRIDGE = 'peatest-sb0';
const PARENT = `/peapod-test-sandbox-${process.pid}`;
let folder: string;
let sandboxes: Sandboxes;
let pool: SandboxPool;
let layout: CgroupLayout;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'peapod-sandbox-'));
  const paths = runtimePaths(join(folder, 'root'), join(folder, 'run'));
  const found = cgroupLayout(await readMounts());
  assert.ok(found);
  layout = found;
  const cgroups = openContainerCgroups(layout, PARENT);
  const context = {
    paths,
    clock: { now: () => Date.now(), sleep: async () => {} },
    oci: await findOciRuntimes(join(paths.run, 'oci')),
    network: openPodNetwork({
      directory: join(paths.run, 'network'),
      confDir: join(folder, 'cni'),
      binDirs: ['/usr/lib/cni'],
      bridge: BRIDGE,
      subnet: '10.199.7.0/24',
    }),
    systemd: false,
    cgroupParent: `${PARENT}/cri`,
    records: new SandboxRecords(paths.sandboxes),
    own: { oomScoreAdj: Number(readFileSync('/proc/self/oom_score_adj', 'utf8')), maySetAny: false },
    poolCgroup: `${PARENT}/pool`,
    removeCgroup: (path: string) => cgroups.remove(path),
    removeEmptyCgroups: () => cgroups.removeEmpty(),
    enterCgroup: (path: string, pid: number) => cgroups.enter(path, pid),
  };
  pool = openSandboxPool(context);
  sandboxes = openSandboxes({ ...context, pool });
});

after(async () => {
  for (const { id } of await sandboxes.list()) await sandboxes.remove(id);
  const cgroups = openPodCgroups(layout, PARENT);
  for (const uid of await cgroups.list()) await cgroups.remove(uid);
  rmSync(folder, { recursive: true });
  assert.equal(existsSync(`/sys/class/net/${BRIDGE}`), false, 'the bridge went with the last pod');
});

function config(
  name: string,
  more: {
    pid?: 'POD' | 'CONTAINER';
    network?: 'POD' | 'NODE';
    portMappings?: PortMapping[];
    sysctls?: Record<string, string>;
  } = {},
): PodSandboxConfig {
  return {
    metadata: { name, namespace: 'default', uid: `uid-${name}`, attempt: 0 },
    hostname: `${name}-host`,
    logDirectory: join(folder, 'logs', name),
    portMappings: more.portMappings ?? [],
    labels: {},
    annotations: {},
    linux: {
      cgroupParent: `${PARENT}/poduid-${name}`,
      namespaces: { network: more.network ?? 'POD', pid: more.pid ?? 'CONTAINER', ipc: 'POD' },
      sysctls: more.sysctls ?? {},
      securityContext: {},
    },
  };
}

const inside = (pid: number, ...command: string[]) =>
  execFileSync('nsenter', ['-t', String(pid), '-n', '-u', ...command], { encoding: 'utf8', timeout: 10_000 });

test('a sandbox has namespaces of its own, one address that both ends see, and its hostname', async () => {
  const id = await sandboxes.run(config('a', { sysctls: { 'net.ipv4.ip_unprivileged_port_start': '0' } }));
  const status = await sandboxes.status(id);
  assert.equal(status.state, 'SANDBOX_READY');
  for (const kind of ['net', 'ipc', 'uts', 'pid', 'mnt'] as const)
    assert.notEqual(namespaceId(status.pid, kind), namespaceId('self', kind), kind);
  assert.match(status.ips[0] ?? '', /^10\.199\.7\.\d+$/);
  assert.match(
    inside(status.pid, 'ip', '-4', 'addr', 'show', 'eth0'),
    new RegExp(`inet ${status.ips[0]}/24`),
  );
  assert.equal(inside(status.pid, 'hostname').trim(), 'a-host');
  assert.equal(inside(status.pid, 'cat', '/proc/sys/net/ipv4/ip_unprivileged_port_start').trim(), '0');
  assert.equal(readProcessStat(status.pid)?.name, 'pause');
  assert.match(
    execFileSync('busybox', ['ping', '-c1', '-W2', status.ips[0] ?? ''], { encoding: 'utf8' }),
    / 0% packet loss/,
  );
});

test('the same pod gives the same sandbox, another pod another address', async () => {
  const first = await sandboxes.run(config('a'));
  assert.equal(await sandboxes.run(config('a')), first);
  const [one, two] = await Promise.all([sandboxes.run(config('b')), sandboxes.run(config('c'))]);
  const ips = await Promise.all([first, one, two].map(async (id) => (await sandboxes.status(id)).ips[0]));
  assert.equal(new Set(ips).size, 3);
});

test("on the node network there is no address, and the network and hostname are the node's", async () => {
  const status = await sandboxes.status(await sandboxes.run(config('node', { network: 'NODE' })));
  assert.deepEqual(status.ips, []);
  assert.equal(namespaceId(status.pid, 'net'), namespaceId('self', 'net'));
  assert.equal(namespaceId(status.pid, 'uts'), namespaceId('self', 'uts'));
});

test('the infra container reaps orphans as PID 1 and leaves on SIGTERM', async () => {
  const { pid } = await sandboxes.status(await sandboxes.run(config('reaper', { pid: 'POD' })));
  execFileSync('nsenter', ['-t', String(pid), '-p', 'sh', '-c', '(sleep 0.1 &)'], { timeout: 10_000 });
  await new Promise((resolve) => setTimeout(resolve, 400));
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  assert.equal(children, '', 'no zombie is left');
  const startTime = readProcessStat(pid)?.startTime ?? 0;
  process.kill(pid, 'SIGTERM');
  for (let i = 0; i < 100 && isAlive(pid, startTime); i += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(isAlive(pid, startTime), false);
});

test('the infra container can do nothing, nobody can change its program, and its loopback is up', async () => {
  const { pid, cgroupParent } = await sandboxes.status(await sandboxes.run(config('bare')));
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  for (const line of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
    assert.match(status, new RegExp(`^${line}:\\t0+$`, 'm'));
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.match(status, /^Groups:\t\s*$/m);
  assert.match(status, /^Threads:\t1$/m);
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trim().split('\n');
  assert.deepEqual(
    mounts.map((line) => line.split(' ').slice(4, 6)),
    [
      ['/', 'ro,nosuid,nodev,relatime'],
      ['/proc', 'rw,nosuid,nodev,noexec,relatime'],
    ],
  );
  assert.match(status, /^NSsid:\t\d+\t1$/m, 'of a session of its own');
  assert.deepEqual(readdirSync(`/proc/${pid}/fd`), ['0', '1', '2']);
  assert.match(
    inside(pid, 'ip', 'addr', 'show', 'lo'),
    /<LOOPBACK,UP,[^]* inet 127\.0\.0\.1\/8 [^]* inet6 ::1\/128 /,
  );
  assert.throws(() => writeFileSync(`/proc/${pid}/exe`, 'other', { flag: 'r+' }), /ETXTBSY|EPERM/);
  assert.match(
    readFileSync(`/proc/${pid}/cgroup`, 'utf8'),
    new RegExp(`:${cgroupParent}/[0-9a-f]{64}$`, 'm'),
  );
});

test('an infra container without a record is ended by the next who clears up', async () => {
  const id = await sandboxes.run(config('lost'));
  const { pid } = await sandboxes.status(id);
  const startTime = readProcessStat(pid)?.startTime ?? 0;
  rmSync(join(folder, 'root', 'sandboxes', id), { recursive: true });
  await sandboxes.collect();
  assert.equal(isAlive(pid, startTime), false);
});

test('what the kernel refuses is named, and nothing is left of the attempt', async () => {
  const before = readdirSync(join(folder, 'run', 'sandboxes'));
  await assert.rejects(sandboxes.run({ ...config('long'), hostname: 'h'.repeat(65) }), {
    code: 'CreatePodSandboxError',
    message: /cannot make the infra container: sethostname h+: invalid argument/,
  });
  assert.deepEqual(await sandboxes.list({ podUid: 'uid-long' }), []);
  assert.deepEqual(readdirSync(join(folder, 'run', 'sandboxes')), before);
});

test('a sandbox whose infra container died is not ready, and is made anew when asked for', async () => {
  const id = await sandboxes.run(config('phoenix'));
  const { pid } = await sandboxes.status(id);
  process.kill(pid, 'SIGKILL');
  for (let i = 0; i < 100 && (await sandboxes.status(id)).state === 'SANDBOX_READY'; i += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal((await sandboxes.status(id)).state, 'SANDBOX_NOTREADY');
  assert.equal(await sandboxes.run(config('phoenix')), id);
  assert.equal((await sandboxes.status(id)).state, 'SANDBOX_READY');
});

test('a host port leads to the pod from the node, is given to one pod only, and is free again afterwards', async () => {
  const mapping: PortMapping = { protocol: 'TCP', hostPort: 28_080, containerPort: 8080, hostIp: '' };
  const id = await sandboxes.run(config('web', { portMappings: [mapping] }));
  const { pid } = await sandboxes.status(id);
  const server = `require('node:net').createServer((s) => s.end('pong')).listen(8080)`;
  const { spawn } = await import('node:child_process');
  const child = spawn('nsenter', ['-t', String(pid), '-n', process.execPath, '-e', server], {
    stdio: 'ignore',
  });
  try {
    assert.equal(await callUntil('127.0.0.1', 28_080), 'pong');
    await assert.rejects(sandboxes.run(config('rival', { portMappings: [mapping] })), {
      code: 'HostPortTaken',
      message: 'hostPort 28080/TCP is taken by pod "web"',
    });
  } finally {
    child.kill('SIGKILL');
  }
  await sandboxes.remove(id);
  assert.doesNotMatch(execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' }), /28080/);
});

test('a host port that another process holds is refused before anything is made', async () => {
  const server = createServer().listen(28_081, '0.0.0.0');
  const mapping: PortMapping = { protocol: 'TCP', hostPort: 28_081, containerPort: 80, hostIp: '' };
  await assert.rejects(sandboxes.run(config('late', { portMappings: [mapping] })), { code: 'HostPortTaken' });
  server.close();
  assert.equal((await sandboxes.list({ podUid: 'uid-late' })).length, 0);
});

test('stopping and removing are idempotent and leave nothing', async () => {
  const id = await sandboxes.run(config('gone'));
  const { pid } = await sandboxes.status(id);
  await sandboxes.stop(id);
  await sandboxes.stop(id);
  assert.equal((await sandboxes.status(id)).state, 'SANDBOX_NOTREADY');
  assert.equal(processStartTime(pid), undefined);
  await sandboxes.remove(id);
  await sandboxes.remove(id);
  await assert.rejects(sandboxes.status(id), { code: 'NotFound' });
  assert.equal(
    (await readMounts()).some(({ mountPoint }) => mountPoint.includes(id)),
    false,
  );
  assert.equal(readdirSync(join(folder, 'run/network')).includes(`${id}.json`), false);
});

test('a host port and an address that could not be given back are given back when it is tried again', async () => {
  const mapping: PortMapping = { protocol: 'TCP', hostPort: 28_082, containerPort: 80, hostIp: '' };
  const id = await sandboxes.run(config('stuck', { portMappings: [mapping] }));
  const { ips } = await sandboxes.status(id);
  const lease = globSync(join(folder, 'run/network/leases/*', ips[0] ?? ''))[0] ?? '';
  const before = process.env['PATH'];
  const failing = join(folder, 'failing');
  mkdirSync(failing);
  writeFileSync(join(failing, 'nft'), '#!/bin/sh\necho "nft: out of order" >&2\nexit 1\n', { mode: 0o755 });
  try {
    process.env['PATH'] = `${failing}:${before}`;
    await assert.rejects(sandboxes.stop(id), { code: 'NetworkError', message: /nft delete .*out of order/ });
  } finally {
    process.env['PATH'] = before;
  }
  assert.match(await nftRules(), /28082/);
  // host-local finds its leases by what is in them.
  writeFileSync(lease, '');
  await sandboxes.stop(id);
  assert.doesNotMatch(await nftRules(), /28082/);
  assert.equal(existsSync(lease), false);
  await sandboxes.remove(id);
});

test('a sysctl of the node is refused, and nothing is left of the attempt', async () => {
  await assert.rejects(sandboxes.run(config('bad', { sysctls: { 'kernel.core_pattern': '|/x' } })), {
    code: 'Invalid',
    message: /kernel.core_pattern/,
  });
  assert.deepEqual(await sandboxes.list({ podUid: 'uid-bad' }), []);
});

async function callUntil(host: string, port: number): Promise<string> {
  const { connect } = await import('node:net');
  for (let i = 0; i < 100; i += 1) {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(port, host);
      let text = '';
      socket.on('data', (chunk) => (text += chunk));
      socket.on('error', () => resolve(''));
      socket.on('close', () => resolve(text));
    });
    if (answer !== '') return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return '';
}
