/** Sandboxes made ahead, against the real kernel, crun, nft and CNI plugins. As root. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readdirSync, rmdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { systemClock } from '../../src/cli/system-clock.ts';
import { type Fault, inject } from '../../src/runtime/linux/external-step.ts';
import { type LocalRuntime, openLocalRuntime } from '../../src/runtime/local-runtime.ts';
import { isAlive, readProcessStat } from '../../src/runtime/linux/proc.ts';
import { runtimePaths } from '../../src/runtime/paths.ts';
import type { PodSandboxConfig } from '../../src/runtime/pod-runtime.ts';
import { shellContainer } from '../../src/runtime/container/testing/container-host.ts';
import { cgroupDirectory, hostnameOf, mountsOf, nftRules, processes } from './support/kernel-view.ts';

const NAME = `peapod-test-pool-${process.pid}`;
const BRIDGE = 'peatest-pl0';
let folder: string;
let runtime: LocalRuntime;

const open = () =>
  openLocalRuntime({
    paths: runtimePaths(join(folder, 'root'), join(folder, 'run')),
    clock: systemClock,
    version: '0',
    cgroupParent: `/${NAME}`,
    network: { confDir: join(folder, 'cni'), bridge: BRIDGE, subnet: '10.199.8.0/24' },
  });

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'peapod-pool-'));
  runtime = await open();
});
after(async () => {
  for (const { id } of await runtime.listPodSandboxes()) await runtime.removePodSandbox(id);
  // Who asks for a sandbox owns the pod's cgroup.
  for (const uid of await runtime.podCgroups.list()) await runtime.podCgroups.remove(uid);
  assert.deepEqual(globSync(`/sys/fs/cgroup/{,*/}${NAME}`), []);
  rmSync(folder, { recursive: true });
});

function config(name: string, more: Partial<PodSandboxConfig> = {}): PodSandboxConfig {
  return {
    metadata: { name, namespace: 'default', uid: `uid-${name}`, attempt: 0 },
    hostname: `${name}-host`,
    logDirectory: join(folder, 'logs', name),
    dns: { servers: ['192.0.2.1'], searches: [], options: [] },
    portMappings: [],
    labels: {},
    annotations: {},
    linux: {
      cgroupParent: `/${NAME}/poduid-${name}`,
      namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
      sysctls: {},
      securityContext: {},
    },
    ...more,
  };
}

/** The infra containers of this test, by PID. */
async function infras(): Promise<number[]> {
  const found = [];
  for (const { pid, name } of await processes()) {
    if (name !== 'pause') continue;
    const mounts = await mountsOf(pid).catch(() => []);
    const root = mounts.find(({ path }) => path === '/');
    const cgroup = await cgroupDirectory(pid, 'memory').catch(() => '');
    if (root !== undefined && cgroup.includes(NAME)) found.push(pid);
  }
  return found;
}

/** Waits until so many are ready. @returns all infra containers */
async function spares(count: number): Promise<number[]> {
  for (;;) {
    if (globSync(join(folder, 'run/pool/*/sandbox.json')).filter(isReady).length === count) return infras();
    await delay(20);
  }
}

function isReady(file: string): boolean {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { createdAt: number }).createdAt > 0;
  } catch {
    // It has just been given away.
    return false;
  }
}

async function withPool<T>(size: number, work: () => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const failures: unknown[] = [];
  const kept = runtime.keepSpares({ sandboxes: size, containers: 0 }, (error) => failures.push(error), {
    signal: stop.signal,
  });
  try {
    return await work();
  } finally {
    stop.abort();
    await kept;
    assert.deepEqual(failures, []);
  }
}

/** Is back when it is dead. */
function killAtOnce(pid: number): void {
  const startTime = readProcessStat(pid)?.startTime ?? 0;
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid, startTime)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

/** Everything outside the process that a sandbox needs. */
async function traces(): Promise<string[]> {
  const left = [
    ...(await infras()).map((pid) => `process ${pid}`),
    ...(await mountsOf('self')).filter(({ path }) => path.startsWith(`${folder}/`)).map(({ path }) => path),
    ...(await nftRules()).split('\n').filter((line) => line.includes(BRIDGE)),
    ...readdirSync('/sys/class/net').filter((link) => link === BRIDGE || link.startsWith('veth')),
    ...readdirSync('/sys/fs/cgroup').flatMap((root) => {
      const path = join('/sys/fs/cgroup', root, NAME);
      return existsSync(path) ? [path] : [];
    }),
  ];
  for (const below of ['pool', 'sandboxes', 'oci', 'network/leases']) {
    const path = join(folder, 'run', below);
    if (!existsSync(path)) continue;
    left.push(...readdirSync(path).filter((name) => /^[0-9a-f]{64}$/.test(name)));
  }
  return left;
}

/** The pods' cgroups are their caller's; one that the pool left something in stays. */
function removePodCgroups(): void {
  const paths = ['poduid-a', 'poduid-rival', ''].flatMap((name) =>
    globSync(`/sys/fs/cgroup/*/${NAME}/${name}`).concat(globSync(`/sys/fs/cgroup/${NAME}/${name}`)),
  );
  for (const path of paths)
    try {
      rmdirSync(path);
    } catch {
      // The comparison tells.
    }
}

test('a pod gets a sandbox that was there before, with its own name, cgroup, files and host ports', async () => {
  const before = await traces();
  const mapping = { protocol: 'TCP', hostPort: 28_090, containerPort: 8080, hostIp: '' } as const;
  const removed = await withPool(1, async () => {
    const [spare] = await spares(1);
    assert.deepEqual(await runtime.listPodSandboxes(), [], 'a spare sandbox is in no list');
    const id = await runtime.runPodSandbox(config('a', { portMappings: [mapping] }));
    const status = await runtime.podSandboxStatus(id);
    assert.equal(status.pid, spare);
    assert.equal(status.state, 'SANDBOX_READY');
    assert.equal(await hostnameOf(status.pid), 'a-host');
    assert.match(await cgroupDirectory(status.pid, 'memory'), new RegExp(`${NAME}/poduid-a/`));
    assert.match(
      execFileSync('nsenter', ['-t', String(spare), '-n', 'ip', '-4', 'addr', 'show', 'eth0'], {
        encoding: 'utf8',
      }),
      new RegExp(`inet ${status.ips[0]}/24`),
    );
    assert.match(await nftRules(), new RegExp(`28090 : ${status.ips[0]}`.replaceAll('.', '\\.')));
    assert.equal(await runtime.runPodSandbox(config('a', { portMappings: [mapping] })), id);
    // The next one is made, and found to be no rubbish by another process of the installation.
    await spares(1);
    await (await open()).collect();
    assert.equal((await spares(1)).length, 2);
    assert.equal((await runtime.podSandboxStatus(id)).state, 'SANDBOX_READY');
    await assert.rejects(runtime.runPodSandbox(config('rival', { portMappings: [mapping] })), {
      code: 'HostPortTaken',
      message: 'hostPort 28090/TCP is taken by pod "a"',
    });
    assert.equal((await runtime.listPodSandboxes({ podUid: 'uid-rival' })).length, 0);
    await runtime.removePodSandbox(id);
    return id;
  });
  await runtime.removePodSandbox(removed);
  removePodCgroups();
  assert.deepEqual(await traces(), before);
});

test('pods that need what a spare sandbox does not have get one of their own', async () => {
  await withPool(1, async () => {
    const [spare] = await spares(1);
    const wanted = config('sysctl');
    wanted.linux.sysctls = { 'net.ipv4.ip_unprivileged_port_start': '0' };
    const id = await runtime.runPodSandbox(wanted);
    assert.notEqual((await runtime.podSandboxStatus(id)).pid, spare);
    await runtime.removePodSandbox(id);
  });
});

test('a spare sandbox that died is not given to a pod', async () => {
  await withPool(1, async () => {
    const [spare] = await spares(1);
    process.kill(spare ?? 0, 'SIGKILL');
    // While it ends it has no name any more, and is no zombie yet.
    const isThere = () => !['Z', undefined].includes(readProcessStat(spare ?? 0)?.state);
    while (isThere() || (await infras()).length > 0) await delay(10);
    const id = await runtime.runPodSandbox(config('after'));
    assert.equal((await runtime.podSandboxStatus(id)).state, 'SANDBOX_READY');
    await runtime.removePodSandbox(id);
  });
});

test('a spare sandbox that dies as a pod takes it over is replaced by one of the pod’s own', async () => {
  const before = await traces();
  await withPool(1, async () => {
    const [spare = 0] = await spares(1);
    let kills = 0;
    using _ = inject(undefined, (step) => {
      const isTakenOver = step.startsWith('write ') && step.endsWith('/resolv.conf');
      if (isTakenOver && kills++ === 0) killAtOnce(spare);
    });
    const id = await runtime.runPodSandbox(config('bereft'));
    const { state, pid } = await runtime.podSandboxStatus(id);
    assert.equal(state, 'SANDBOX_READY');
    assert.notEqual(pid, spare);
    assert.equal(await hostnameOf(pid), 'bereft-host');
    await runtime.removePodSandbox(id);
  });
  removePodCgroups();
  assert.deepEqual(await traces(), before);
});

test('no sandbox is made ahead while containers are made for a pod', async () => {
  await withPool(1, async () => {
    await spares(1);
    const id = await runtime.runPodSandbox(config('a'));
    const end = Date.now() + 1000;
    while (Date.now() < end) {
      // There is no such image: it is the asking that counts.
      await assert.rejects(runtime.createContainer(id, { ...shellContainer('none', 'true'), image: 'none' }));
      assert.deepEqual(globSync(join(folder, 'run/pool/*/sandbox.json')), []);
      await delay(50);
    }
    await spares(1);
    await runtime.removePodSandbox(id);
  });
  removePodCgroups();
});

test('a pool that cannot take a sandbox away at once tries again', async () => {
  const before = await traces();
  const steps: string[] = [];
  const givenUp = async (fault?: Fault) => {
    let injected: Disposable | undefined;
    await withPool(1, async () => {
      await spares(1);
      injected = inject(fault, (step) => steps.push(step));
    });
    injected?.[Symbol.dispose]();
    assert.deepEqual(await traces(), before);
  };
  await givenUp();
  const first = steps.find((step) => step.startsWith('rmdir ')) ?? '';
  steps.length = 0;
  await givenUp({ kind: 'fail', step: first, occurrence: 1, code: 'EBUSY' });
  assert.ok(steps.filter((step) => step === first).length > 1, String(steps));
});

test('what a killed process had made ahead is taken away at the next start, and what it had given away is not', async () => {
  const before = await traces();
  const program = `
    const { openLocalRuntime } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/runtime/local-runtime.ts'))});
    const { systemClock } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/cli/system-clock.ts'))});
    const { runtimePaths } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/runtime/paths.ts'))});
    const runtime = await openLocalRuntime({
      paths: runtimePaths(${JSON.stringify(join(folder, 'root'))}, ${JSON.stringify(join(folder, 'run'))}),
      clock: systemClock, version: '0', cgroupParent: '/${NAME}',
      network: { confDir: ${JSON.stringify(join(folder, 'cni'))}, bridge: '${BRIDGE}', subnet: '10.199.8.0/24' },
    });
    process.stdin.once('data', async () => console.log(await runtime.runPodSandbox(${JSON.stringify(config('kept'))})));
    await runtime.keepSpares({ sandboxes: 2, containers: 0 }, console.error, { signal: new AbortController().signal });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const running = await spares(2);
  child.stdin.write('\n');
  const id = String((await child.stdout.setEncoding('utf8').iterator().next()).value).trim();
  await spares(2);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  await runtime.collect();
  const left = await infras();
  assert.equal(left.length, 1);
  assert.ok(running.includes(left[0] ?? 0));
  assert.equal((await runtime.podSandboxStatus(id)).state, 'SANDBOX_READY');
  await runtime.removePodSandbox(id);
  assert.deepEqual(await traces(), before);
});
