/**
 * `peapod serve` as its user meets it: how soon it is there, what it holds, and how long a pod takes from `kubectl apply` to Ready, one
 * by one and fifty at once, against what it is to reach. Kubernetes' own objective for a pod is 5 s at the 99th percentile. Writes the
 * table and the picture of docs/performance.md.
 *
 *     npm run build && npm run bench:serve [-- ROUNDS]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from '../../src/client/api-client.ts';
import { PODS } from '../../src/client/resource-types.ts';
import { unixTransport } from '../../src/client/unix-transport.ts';
import { startCluster, type TestCluster } from '../system/support/cluster.ts';
import { imageReference } from '../system/support/images.ts';
import { startPeapod } from '../system/support/peapod.ts';
import { type Figure, printFigures, writeFigures } from './report.ts';

/** Fewer tell nothing that is worth writing down. */
const ROUNDS_TO_RECORD = 20;
const ROUNDS = Number(process.argv[2] ?? ROUNDS_TO_RECORD);
const STARTS = 5;
const BURST = 50;
const MANY = 110;
/** What a start leaves to do has been done. */
const SETTLE_MS = 20_000;
const IDLE_MS = 60_000;
const TICKS_PER_SECOND = 100;
const MEGABYTE = 1_000_000;
const REPOSITORY = join(import.meta.dirname, '../..');

const figures: Figure[] = [];
function note(what: string, unit: string, peapod: number, goal?: number): void {
  const figure: Figure = {
    what,
    unit,
    peapod,
    better: 'less',
    ...(goal === undefined ? {} : { peer: goal }),
  };
  figures.push(figure);
  printFigures([figure]);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function residentMb(pid: number): number {
  const kibibytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kibibytes) * 1024) / MEGABYTE;
}

/** Of one core, in percent. */
async function idleCpu(pid: number): Promise<number> {
  const ticks = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const before = ticks();
  await delay(IDLE_MS);
  return ((ticks() - before) / TICKS_PER_SECOND / (IDLE_MS / 1000)) * 100;
}

/** Serves a file over HTTP, and is probed for it. */
const workload = (kind: 'Pod' | 'Deployment', name: string, periodSeconds: number, replicas = 1): string => {
  const spec = {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'c',
        image: imageReference('busybox'),
        imagePullPolicy: 'Never',
        command: ['sh', '-c', 'mkdir -p /srv; echo ok > /srv/ok; exec httpd -f -p 8080 -h /srv'],
        readinessProbe: { httpGet: { path: '/ok', port: 8080 }, periodSeconds },
        livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 10 },
      },
    ],
  };
  const labels = { app: name };
  if (kind === 'Pod') return JSON.stringify({ apiVersion: 'v1', kind, metadata: { name, labels }, spec });
  const template = { metadata: { labels }, spec };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template },
  });
};

async function gone(cluster: TestCluster): Promise<void> {
  while ((await cluster.kubectl('get', 'pods', '-o', 'name')).trim() !== '') await delay(200);
}

/** When each of so many pods was Ready, since `kubectl apply` was called: told by a watch, which costs the server next to nothing. */
async function readyTimes(cluster: TestCluster, manifest: string, count: number): Promise<number[]> {
  const transport = unixTransport(join(cluster.peapod.run, 'cluster', 'api.sock'));
  await using _ = transport;
  const client = new ApiClient({ transport, name: 'bench' });
  const stop = new AbortController();
  const { resourceVersion } = await client.list(PODS, { namespace: 'default' });
  const times = new Map<string, number>();
  const begun = performance.now();
  const watching = (async () => {
    const options = { namespace: 'default', resourceVersion, signal: stop.signal };
    for await (const event of client.watch(PODS, options)) {
      if (event.type !== 'MODIFIED') continue;
      const { metadata, status } = event.object;
      const isReady = status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True');
      const name = metadata?.name ?? '';
      if (isReady === true && !times.has(name)) times.set(name, performance.now() - begun);
      if (times.size === count) return;
    }
  })();
  await cluster.apply(manifest);
  await watching;
  stop.abort();
  return [...times.values()];
}

// What tests check of shared objects costs a server more than its work.
const UNGUARDED = { PEAPOD_GUARD_SHARED_OBJECTS: '0' };
await measureStart();
await using cluster = await startCluster({ env: UNGUARDED });
await measureRest();
await measureAlone();
await measureBurst();
await measureMany();
if (ROUNDS >= ROUNDS_TO_RECORD)
  await writeFigures(join(REPOSITORY, 'docs/performance'), { name: 'serve', peer: 'goal', figures });

async function measureStart(): Promise<void> {
  await using peapod = await startPeapod(UNGUARDED);
  const starts: number[] = [];
  // The first one makes keys, and Node.js keeps what it compiles.
  for (let round = 0; round <= STARTS; round += 1) {
    const begun = performance.now();
    await using server = peapod.start(['serve', '--listen', '127.0.0.1:0']);
    await server.untilPrinted(/Node \S+ is ready/);
    if (round > 0) starts.push(performance.now() - begun);
    server.signal('SIGTERM');
    await server.ended();
  }
  note(`start of the server to node Ready, p50 of ${STARTS}`, 'ms', percentile(starts, 0.5), 1000);
}

async function measureRest(): Promise<void> {
  await delay(SETTLE_MS);
  note('resident memory, without pods', 'MB', residentMb(cluster.pid()), 120);
  note('processor without pods, of a core', '%', await idleCpu(cluster.pid()), 1);
}

async function measureAlone(): Promise<void> {
  const times: number[] = [];
  const clientTimes: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const name = `p${round}`;
    const begun = performance.now();
    await cluster.apply(workload('Pod', name, 1), '--dry-run=server');
    if (round > 0) clientTimes.push(performance.now() - begun);
    const [time = Number.NaN] = await readyTimes(cluster, workload('Pod', name, 1), 1);
    // The first round warms caches.
    if (round > 0) times.push(time);
    await cluster.kubectl('delete', 'pod', name, '--timeout=30s');
  }
  note(`apply to Ready, one by one, p50 of ${ROUNDS}`, 'ms', percentile(times, 0.5), 300);
  note(`apply to Ready, one by one, p99 of ${ROUNDS}`, 'ms', percentile(times, 0.99), 300);
  note(`kubectl apply by itself (--dry-run=server), p50 of ${ROUNDS}`, 'ms', percentile(clientTimes, 0.5));
}

async function measureBurst(): Promise<void> {
  const times = await readyTimes(cluster, workload('Deployment', 'burst', 1, BURST), BURST);
  note(`apply to Ready, ${BURST} at once, p50`, 'ms', percentile(times, 0.5));
  note(`apply to Ready, ${BURST} at once, the last`, 'ms', percentile(times, 1), 5000);
  await cluster.kubectl('delete', 'deployment', 'burst', '--timeout=30s');
  await gone(cluster);
}

async function measureMany(): Promise<void> {
  await readyTimes(cluster, workload('Deployment', 'many', 10, MANY), MANY);
  await delay(SETTLE_MS);
  note(
    `processor with ${MANY} resting pods, two probes each, of a core`,
    '%',
    await idleCpu(cluster.pid()),
    1,
  );
  note(`resident memory, with ${MANY} pods`, 'MB', residentMb(cluster.pid()));
  await cluster.kubectl('delete', 'deployment', 'many', '--timeout=60s');
  await gone(cluster);
}
