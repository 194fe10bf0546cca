/**
 * Measures the scheduler on the workload shapes of Kubernetes' scheduler_perf: nodes of 4 CPUs, 32Gi and 110 pods,
 * pods of 100m and 500Mi. Reading the pod, deciding and counting it in are all timed.
 *
 *     npm run bench:scheduler [-- [--quick] [NAME…]]
 */
import type { Pod, PodSpec } from '../../src/model/api/types.ts';
import { ClusterSnapshot, decideGang, SchedulingEngine } from '../../src/scheduler/index.ts';

interface Workload {
  readonly name: string;
  readonly nodes: number;
  readonly pods: number;
  readonly pod: (index: number) => Pod;
  /** Pods that are placed before the clock starts. */
  readonly before?: { readonly pods: number; readonly pod: (index: number) => Pod };
  /** The pods per second that we want on one core. */
  readonly target?: number;
  /** Only when asked for by name, or without `--quick`. */
  readonly large?: boolean;
}

const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';

function podOf(app: string, index: number, spec: Partial<PodSpec> = {}, cpu = '100m'): Pod {
  const resources = { requests: { cpu, memory: '500Mi' } };
  return {
    metadata: { name: `${app}-${index}`, namespace: 'bench', labels: { app } },
    spec: { containers: [{ name: 'pause', image: 'pause', resources }], ...spec },
  };
}

function plain(index: number): Pod {
  return podOf('plain', index);
}

const selects = (app: string) => ({ labelSelector: { matchLabels: { app } } });

function affine(kind: 'podAffinity' | 'podAntiAffinity', app: string, topologyKey: string): Partial<PodSpec> {
  const requiredDuringSchedulingIgnoredDuringExecution = [{ topologyKey, ...selects(app) }];
  return { affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution } } };
}

function preferring(kind: 'podAffinity' | 'podAntiAffinity', app: string): Partial<PodSpec> {
  const podAffinityTerm = { topologyKey: HOSTNAME, ...selects(app) };
  return {
    affinity: {
      [kind]: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm }] },
    },
  };
}

function spreading(app: string, whenUnsatisfiable: string, ...topologyKeys: string[]): Partial<PodSpec> {
  return {
    topologySpreadConstraints: topologyKeys.map((topologyKey) => ({
      topologyKey,
      whenUnsatisfiable,
      maxSkew: 5,
      ...selects(app),
    })),
  };
}

function kind(app: string, spec: Partial<PodSpec>): (index: number) => Pod {
  return (index) => podOf(app, index, spec);
}

const WORKLOADS: readonly Workload[] = [
  { name: 'SchedulingBasic', nodes: 5000, pods: 10_000, pod: plain, target: 50_000 },
  {
    name: 'SchedulingBasic, every pod different',
    nodes: 5000,
    pods: 10_000,
    pod: (index) => ({
      ...podOf('different', index, {}, `${50 + (index % 1999)}m`),
      metadata: { name: `different-${index}`, labels: { index: String(index) } },
    }),
    target: 10_000,
  },
  {
    name: 'SchedulingPodAntiAffinity',
    nodes: 5000,
    pods: 3000,
    pod: kind('anti', affine('podAntiAffinity', 'anti', HOSTNAME)),
    target: 5000,
  },
  {
    name: 'SchedulingPodAffinity',
    nodes: 5000,
    pods: 3000,
    pod: kind('near', affine('podAffinity', 'near', ZONE)),
    target: 5000,
  },
  {
    name: 'SchedulingPreferredPodAffinity',
    nodes: 5000,
    pods: 3000,
    pod: kind('likes', preferring('podAffinity', 'likes')),
    target: 5000,
  },
  {
    name: 'SchedulingPreferredPodAntiAffinity',
    nodes: 5000,
    pods: 3000,
    pod: kind('dislikes', preferring('podAntiAffinity', 'dislikes')),
    target: 5000,
  },
  {
    name: 'TopologySpreading',
    nodes: 5000,
    pods: 3000,
    pod: kind('spread', spreading('spread', 'DoNotSchedule', ZONE)),
    before: { pods: 5000, pod: plain },
    target: 5000,
  },
  {
    name: 'PreferredTopologySpreading',
    nodes: 5000,
    pods: 3000,
    pod: kind('even', spreading('even', 'ScheduleAnyway', ZONE, HOSTNAME)),
    before: { pods: 5000, pod: plain },
    target: 5000,
  },
  {
    name: 'SchedulingNodeAffinity',
    nodes: 5000,
    pods: 5000,
    pod: kind('zoned', { nodeSelector: { [ZONE]: 'zone-1' } }),
    target: 5000,
  },
  {
    name: 'Unschedulable',
    nodes: 5000,
    pods: 5000,
    pod: (index) => podOf('huge', index, {}, `${9000 + index}m`),
    target: 5000,
  },
  { name: '100,000 nodes', nodes: 100_000, pods: 1_000_000, pod: plain, large: true },
];

function makeCluster(nodes: number): ClusterSnapshot {
  const snapshot = new ClusterSnapshot();
  for (let index = 0; index < nodes; index++) {
    const name = `node-${index}`;
    snapshot.addNode({
      metadata: { name, labels: { [HOSTNAME]: name, [ZONE]: `zone-${index % 3}` } },
      status: { allocatable: { cpu: '4', memory: '32Gi', pods: '110' } },
    });
  }
  return snapshot;
}

function placeOne(engine: SchedulingEngine, pod: Pod): boolean {
  const { snapshot } = engine;
  const info = snapshot.readPod(pod);
  const decision = engine.decide(info);
  if (decision.outcome === 'refused') return false;
  snapshot.place(info, snapshot.slotOf(decision.node));
  return true;
}

function run({ name, nodes, pods, pod, before, target }: Workload): void {
  const engine = new SchedulingEngine(makeCluster(nodes));
  for (let index = 0; index < (before?.pods ?? 0); index++)
    placeOne(engine, before?.pod(index) ?? pod(index));
  const heapBefore = process.memoryUsage().heapUsed;
  const times = new Float64Array(pods);
  let placed = 0;
  const cpu = process.cpuUsage();
  const start = performance.now();
  let last = start;
  for (let index = 0; index < pods; index++) {
    if (placeOne(engine, pod(index))) placed++;
    const now = performance.now();
    times[index] = now - last;
    last = now;
  }
  const used = process.cpuUsage(cpu);
  report(name, {
    pods,
    placed,
    target,
    times,
    elapsedMs: last - start,
    cpuMs: (used.user + used.system) / 1000,
    heapBefore,
  });
}

interface Measured {
  readonly pods: number;
  readonly placed: number;
  readonly target: number | undefined;
  readonly times: Float64Array;
  readonly elapsedMs: number;
  readonly cpuMs: number;
  readonly heapBefore: number;
}

function report(name: string, measured: Measured): void {
  const { pods, placed, target, times, elapsedMs, cpuMs, heapBefore } = measured;
  times.sort();
  const at = (share: number): string =>
    `${((times[Math.floor(share * (times.length - 1))] ?? 0) * 1000).toFixed(0)} µs`;
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  const heap = process.memoryUsage().heapUsed;
  const columns = [
    name.padEnd(38),
    `${Math.round((pods / elapsedMs) * 1000)} pods/s`.padStart(15),
    `${Math.round((pods / cpuMs) * 1000)} per CPU-second`.padStart(22),
    `p50 ${at(0.5)}`.padStart(12),
    `p99 ${at(0.99)}`.padStart(14),
    `heap ${mib(heap)} (+${mib(heap - heapBefore)})`.padStart(26),
    `placed ${placed}/${pods}`,
    target === undefined ? '' : `target ${target}`,
  ];
  console.log(columns.join('  '));
}

function runGang(): void {
  const snapshot = makeCluster(5000);
  const engine = new SchedulingEngine(snapshot);
  const infos = Array.from({ length: 1000 }, (_, index) => snapshot.readPod(podOf('gang', index)));
  const start = performance.now();
  const decision = decideGang(engine, { key: 'bench/gang', minCount: 1000, topologyKey: undefined }, infos);
  console.log(
    `a gang of 1,000 at 5,000 nodes: ${decision.outcome} in ${Math.round(performance.now() - start)} ms`,
  );
}

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
const quick = args.includes('--quick');
for (const workload of WORKLOADS) {
  const wanted =
    names.length > 0 ? names.some((name) => workload.name.includes(name)) : !(quick && workload.large);
  if (wanted) run(workload);
}
if (names.length === 0 || names.includes('gang')) runGang();
