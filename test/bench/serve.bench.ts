/**
 * `peapod serve` as its user meets it: how soon it is there, what it holds, and how long a pod takes from `kubectl apply` to Ready, one
 * by one and fifty at once. Kubernetes' own objective for that is 5 s at the 99th percentile.
 *
 *     npm run bench:serve [-- ROUNDS]
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startCluster, type TestCluster } from '../system/support/cluster.ts';
import { imageReference } from '../system/support/images.ts';

const ROUNDS = Number(process.argv[2] ?? 20);
const BURST = 50;
const MANY = 110;
const IDLE_MS = 30_000;
const TICKS_PER_SECOND = 100;

function note(what: string, value: number, unit: string): void {
  console.log(`${what.padEnd(52)}${value.toFixed(value < 10 ? 2 : 0).padStart(8)} ${unit}`);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
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

const workload = (kind: 'Pod' | 'Deployment', name: string, replicas = 1): string => {
  const spec = {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'c',
        image: imageReference('busybox'),
        imagePullPolicy: 'Never',
        command: ['sh', '-c', 'mkdir -p /srv; echo ok > /srv/ok; exec httpd -f -p 8080 -h /srv'],
        readinessProbe: { httpGet: { path: '/ok', port: 8080 }, periodSeconds: kind === 'Pod' ? 1 : 10 },
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

async function readyTimes(
  cluster: TestCluster,
  apply: () => Promise<unknown>,
  count: number,
): Promise<number[]> {
  const begun = performance.now();
  const times: number[] = [];
  await apply();
  while (times.length < count) {
    const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
    const text = await cluster.kubectl('get', 'pods', '-o', `jsonpath=${path}`);
    const ready = text.split('\n').filter((line) => line === 'True').length;
    while (times.length < ready) times.push(performance.now() - begun);
  }
  return times;
}

await using cluster = await startCluster();
const warm: number[] = [];
for (let round = 0; round < 5; round += 1) {
  await cluster.stop();
  const begun = performance.now();
  await cluster.start();
  warm.push(performance.now() - begun);
}
note('start of the server to node Ready, median of 5', percentile(warm, 0.5), 'ms');
await delay(5000);
note('resident, idle', residentMb(cluster.pid()), 'MB');

const alone: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const [time = Number.NaN] = await readyTimes(cluster, () => cluster.apply(workload('Pod', `p${round}`)), 1);
  alone.push(time);
  await cluster.kubectl('delete', 'pod', `p${round}`, '--timeout=30s');
}
note(`apply to Ready, one by one, p50 of ${ROUNDS}`, percentile(alone, 0.5), 'ms');
note(`apply to Ready, one by one, p99 of ${ROUNDS}`, percentile(alone, 0.99), 'ms');

const burst = await readyTimes(cluster, () => cluster.apply(workload('Deployment', 'burst', BURST)), BURST);
note(`apply to Ready, ${BURST} at once, p50`, percentile(burst, 0.5), 'ms');
note(`apply to Ready, ${BURST} at once, the last`, percentile(burst, 1), 'ms');
await cluster.kubectl('delete', 'deployment', 'burst', '--timeout=30s');
await gone(cluster);

await readyTimes(cluster, () => cluster.apply(workload('Deployment', 'many', MANY)), MANY);
await delay(15_000);
note(`resident, with ${MANY} pods`, residentMb(cluster.pid()), 'MB');
note(`CPU, with ${MANY} idle pods and probes every 10 s`, await idleCpu(cluster.pid()), '% of a core');
