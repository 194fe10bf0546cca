/** What `peapod serve` was told to run runs: through kills of the server, through a reboot, many at a time and again and again. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pod } from '../../src/model/api/types.ts';
import { startCluster, type TestCluster } from './support/cluster.ts';
import { imageReference } from './support/images.ts';
import { mountsOf, processes } from './support/kernel-view.ts';
import { until } from './support/peapod.ts';

const IMAGE = imageReference('busybox');

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster({
    args: ['--config', join(import.meta.dirname, 'support/without-spares.yaml')],
  });
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
});

const DEPLOYMENT = (name: string, replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      terminationGracePeriodSeconds: 0
      volumes: [{ name: data, emptyDir: {} }]
      containers:
        - name: c
          image: '${IMAGE}'
          imagePullPolicy: Never
          command: [sh, -c, 'echo started >> /data/starts; exec httpd -f -p 8080 -h /data']
          volumeMounts: [{ name: data, mountPath: /data }]
          readinessProbe: { httpGet: { path: /starts, port: 8080 }, periodSeconds: 2 }
`;

async function podsOf(app: string): Promise<Pod[]> {
  const text = await cluster.kubectl('get', 'pods', '-l', `app=${app}`, '-o', 'json');
  return (JSON.parse(text) as { items: Pod[] }).items;
}

async function rollOut(name: string, replicas: number): Promise<void> {
  await cluster.apply(DEPLOYMENT(name, replicas));
  await cluster.kubectl('rollout', 'status', `deployment/${name}`, '--timeout=400s');
}

async function removeAll(name: string): Promise<void> {
  await cluster.kubectl('delete', 'deployment', name, '--timeout=120s');
  await until(
    `no pod of ${name} is left`,
    async () => ((await podsOf(name)).length === 0 ? true : undefined),
    60_000,
  );
}

/** What tells one start of a container from another. */
function lives(pods: readonly Pod[]): string[] {
  return pods
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .map(({ containerID, restartCount }) => `${containerID} ${restartCount}`)
    .toSorted();
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: address, port: 8080, path: '/starts', timeout: 5000 }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode === 200));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

test('no request fails while the server is killed and comes back, and no container is started anew', async () => {
  await rollOut('traffic', 30);
  const pods = await podsOf('traffic');
  const addresses = pods.map(({ status }) => status?.podIP ?? '');
  const stop = new AbortController();
  const failures: string[] = [];
  let requests = 0;
  const clients = addresses.map(async (address) => {
    while (!stop.signal.aborted) {
      if (!(await answers(address))) failures.push(address);
      requests += 1;
      await delay(50);
    }
  });
  for (let kills = 0; kills < 3; kills += 1) {
    await delay(500);
    await cluster.kill();
    await delay(1000);
    await cluster.start();
  }
  await cluster.kubectl('rollout', 'status', 'deployment/traffic', '--timeout=120s');
  await delay(2500);
  stop.abort();
  await Promise.all(clients);
  assert.deepEqual(failures, []);
  assert.ok(requests > 30 * 20, `${requests} requests`);
  assert.deepEqual(lives(await podsOf('traffic')), lives(pods));
});

/** A pod that writes down each of its starts on a claimed volume. */
const WITH_CLAIM = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: kept }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: keeper }
spec:
  terminationGracePeriodSeconds: 0
  volumes: [{ name: kept, persistentVolumeClaim: { claimName: kept } }]
  containers:
    - name: c
      image: '${IMAGE}'
      imagePullPolicy: Never
      command: [sh, -c, 'echo started >> /kept/starts; exec sleep 3000']
      volumeMounts: [{ name: kept, mountPath: /kept }]
`;

test('after a reboot every pod is back, once, with its volumes', async () => {
  await cluster.apply(WITH_CLAIM);
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/keeper', '--timeout=120s');
  const before = await podsOf('traffic');
  await cluster.kill();
  await reboot(cluster.peapod.run, cluster.peapod.directory);
  await cluster.start();
  await until(
    'all pods are ready again',
    async () => {
      const pods = await podsOf('traffic');
      const ready = pods.filter(({ status }) => status?.containerStatuses?.[0]?.ready === true);
      const fresh = ready.filter(({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
      return fresh.length === 30 ? true : undefined;
    },
    90_000,
  );
  const pods = await podsOf('traffic');
  const uids = (all: readonly Pod[]) => all.map(({ metadata }) => metadata?.uid ?? '').toSorted();
  assert.deepEqual(uids(pods), uids(before));
  const [first] = pods;
  const starts = await cluster.kubectl('exec', first?.metadata?.name ?? '', '--', 'cat', '/data/starts');
  assert.equal(starts.trim().split('\n').length, 2, starts);
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/keeper', '--timeout=120s');
  const kept = await cluster.kubectl('exec', 'keeper', '--', 'cat', '/kept/starts');
  assert.equal(kept, 'started\nstarted\n');
  await cluster.kubectl('delete', 'pod/keeper', 'pvc/kept', '--timeout=120s');
  const servers = (await processes()).filter(({ commandLine }) => commandLine.includes('httpd -f -p 8080'));
  const own = servers.filter(({ pid }) => cgroupsOf(pid).includes(cluster.cgroup));
  assert.equal(own.length, 30);
  await removeAll('traffic');
});

function cgroupsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return '';
  }
}

/** All processes dead, all mounts gone, and everything that lay on a tmpfs. */
async function reboot(run: string, directory: string): Promise<void> {
  for (const { pid } of await processes())
    if (pid !== process.pid && cgroupsOf(pid).includes(cluster.cgroup)) kill(pid);
  for (const { pid, commandLine } of await processes())
    if (commandLine.includes('conmon') && commandLine.includes(directory)) kill(pid);
  await delay(500);
  for (const { path } of (await mountsOf('self')).toReversed())
    if (path.startsWith(`${directory}/`)) execFileSync('umount', ['-l', path]);
  for (const link of readdirSync('/sys/class/net'))
    if (link.startsWith(cluster.peapod.bridge)) execFileSync('ip', ['link', 'delete', link]);
  rmSync(join(run, 'cluster'), { recursive: true, force: true });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone with another.
  }
}

test('110 pods run on this machine', async () => {
  await rollOut('many', 110);
  assert.equal((await podsOf('many')).filter(({ status }) => status?.phase === 'Running').length, 110);
  await removeAll('many');
});

/** How many pods come and go; the long run that a release is held to takes 1000. */
const CYCLES = Number(process.env['PEAPOD_SOAK_CYCLES'] ?? 100);
const AT_A_TIME = 20;
/**
 * Of memory, that the second half of the pods may leave. The first half fills what the server holds on purpose: five minutes of history for those
 * who watch, and what the allocator keeps for the next ones.
 */
const GROWTH_BYTES = 48 * 1024 ** 2;

test('pods that come and go leave nothing behind', { timeout: 120_000 + CYCLES * 6000 }, async () => {
  const comeAndGo = async (): Promise<void> => {
    await rollOut('cycle', AT_A_TIME);
    await removeAll('cycle');
    // They are kept for an hour, and are no leak. `kubectl delete --all` would ask for each by itself, a few in a second.
    await cluster.kubectl('delete', '--raw', '/api/v1/namespaces/default/events');
  };
  await comeAndGo();
  const first = await untilCleared();
  let halfwayBytes = 0;
  const batches = Math.ceil(CYCLES / AT_A_TIME);
  for (let batch = 1; batch <= batches; batch += 1) {
    await comeAndGo();
    if (batch === Math.ceil(batches / 2)) halfwayBytes = await settledMemory();
  }
  await until('nothing more is held than before', async () => {
    assert.deepEqual(await held(), first);
    return true;
  });
  const handles = openFiles(cluster.pid()).filter((target) => target === HANDLE).length;
  assert.ok(handles <= MOST_HANDLES, `${handles} handles of processes`);
  const grown = (await settledMemory()) - halfwayBytes;
  assert.ok(grown < GROWTH_BYTES, `the server has grown by ${Math.round(grown / 1024 ** 2)} MiB`);
});

/** All that a pod has on a machine, counted. */
async function held(): Promise<Record<string, number | string>> {
  const own = cluster.peapod.directory;
  const all = await processes();
  return {
    mounts: (await mountsOf('self')).filter(({ path }) => path.startsWith(own)).length,
    links: ownLinks().join(),
    conmons: all.filter(({ name, commandLine }) => name === 'conmon' && commandLine.includes(own)).length,
    namespaces: new Set(all.map(({ pid }) => networkOf(pid))).size,
    cgroups: globSync(`/sys/fs/cgroup/{*/,}${cluster.cgroup}/**/pod*/`).length,
    ...descriptors(cluster.pid()),
    pods: readdirSync(join(cluster.peapod.root, 'cluster', 'pods')).length,
    logs: readdirSync(join(cluster.peapod.root, 'cluster', 'logs')).length,
    containers: readdirSync(join(cluster.peapod.root, 'cluster', 'containers')).length,
    sandboxes: readdirSync(join(cluster.peapod.root, 'cluster', 'sandboxes')).length,
    runFiles: readdirSync(join(cluster.peapod.run, 'cluster'), { recursive: true }).length,
    addresses: globSync('/var/lib/cni/{networks/*,results}/*').length,
    rules: execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' }).split('\n').length,
  };
}

/** What hangs on the bridge of the server's pods; others of the machine have their own. */
function ownLinks(): string[] {
  const bridge = `${cluster.peapod.bridge.slice(0, 14)}s`;
  return readdirSync('/sys/class/net').filter((link) =>
    linkOf(`/sys/class/net/${link}/master`).endsWith(`/${bridge}`),
  );
}

/** How many files the process has open, of each kind, but for handles of processes. */
function descriptors(pid: number): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const target of openFiles(pid)) {
    if (target === HANDLE) continue;
    const kind = `open ${target.replace(/:\[\d+\]$/, '')}`;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

const HANDLE = 'anon_inode:[pidfd]';
/** Handles of processes that have ended are closed a few at a time. */
const MOST_HANDLES = 16;

function openFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((number) => linkOf(`/proc/${pid}/fd/${number}`));
}

function networkOf(pid: number): string {
  return linkOf(`/proc/${pid}/ns/net`);
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

async function untilCleared(): Promise<Record<string, number | string>> {
  return until('what was before is cleared away', async () => {
    const now = await held();
    const rest = ['containers', 'sandboxes', 'conmons', 'pods', 'cgroups'];
    return rest.every((what) => now[what] === 0) && now['links'] === '' ? now : undefined;
  });
}

function memoryOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** The least of some seconds: what waits to be collected does not count. */
async function settledMemory(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 10; look += 1) {
    least = Math.min(least, memoryOf(cluster.pid()));
    await delay(500);
  }
  return least;
}
