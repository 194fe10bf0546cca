/**
 * Measures the scheduler on the workload shapes of Kubernetes' scheduler_perf: nodes of 4 CPUs, 32Gi and 110 pods,
 * pods of 100m and 500Mi. Reading the pod, deciding and counting it in are all timed.
 *
 *     npm run bench:scheduler [-- [--quick] [NAME…]]
 */
import type { Pod } from '../../src/model/api/types.ts';
import { ClusterSnapshot, decideGang, planPreemption, SchedulingEngine } from '../../src/scheduler/index.ts';
import { HOSTNAME, podOf, type Workload, WORKLOADS, ZONE } from './scheduler-workloads.ts';

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

function placeOne(engine: SchedulingEngine, pod: Pod, preempts = false): boolean {
  const { snapshot } = engine;
  const info = snapshot.readPod(pod);
  const decision = engine.decide(info);
  if (decision.outcome === 'placed') {
    snapshot.place(info, snapshot.slotOf(decision.node));
    return true;
  }
  const plan = preempts ? planPreemption(engine, info) : undefined;
  if (plan === undefined) return false;
  for (const victim of plan.victims) snapshot.remove(victim);
  snapshot.place(info, snapshot.slotOf(plan.node));
  return true;
}

function run({ name, nodes, pods, pod, before, target, preempts }: Workload): void {
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
    if (placeOne(engine, pod(index), preempts)) placed++;
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
    name.padEnd(48),
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
