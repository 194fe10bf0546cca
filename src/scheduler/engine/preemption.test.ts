import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Pod, PodDisruptionBudget } from '../../model/api/types.ts';
import { filterByNode, type SchedulerPlugin } from './plugin.ts';
import { planPreemption } from './preemption.ts';
import { defaultPlugins, profileOf } from './profile.ts';
import { SchedulingEngine } from './schedule-pod.ts';
import { ClusterSnapshot } from './snapshot.ts';

/** `name priority milliCpu`, and what else it needs. */
interface Sketch {
  readonly name: string;
  readonly priority?: number;
  readonly cpu: number;
  readonly node?: string;
  readonly labels?: Record<string, string>;
  readonly startTime?: string;
  readonly terminating?: boolean;
  readonly preemptionPolicy?: string;
}

function podOf({
  name,
  priority = 0,
  cpu,
  node,
  labels,
  startTime,
  terminating,
  preemptionPolicy,
}: Sketch): Pod {
  return {
    metadata: {
      name,
      ...(labels && { labels }),
      ...(terminating && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: {
      priority,
      containers: [{ name: 'c', resources: { requests: { cpu: `${cpu}m` } } }],
      ...(node && { nodeName: node }),
      ...(preemptionPolicy && { preemptionPolicy }),
    },
    ...(startTime && { status: { startTime } }),
  };
}

function make(nodes: Record<string, number>, pods: readonly Sketch[], budgets: PodDisruptionBudget[] = []) {
  const snapshot = new ClusterSnapshot();
  for (const [name, cpu] of Object.entries(nodes)) {
    snapshot.addNode({ metadata: { name }, status: { allocatable: { cpu: `${cpu}m`, pods: '10' } } });
  }
  for (const pod of pods) snapshot.addPod(podOf(pod));
  for (const budget of budgets) snapshot.objects.disruptionBudgets.set(budget.metadata?.name ?? '', budget);
  return { snapshot, engine: new SchedulingEngine(snapshot) };
}

function plan(cluster: ReturnType<typeof make>, pod: Sketch) {
  const found = planPreemption(cluster.engine, cluster.snapshot.readPod(podOf(pod)));
  return found && [found.node, ...found.victims.map(({ name }) => name)];
}

const high = { name: 'p', priority: 100, cpu: 500 };

test('only pods of lower priority go, and no more than need to', () => {
  const pods = [
    { name: 'a', priority: 10, cpu: 400, node: 'n1' },
    { name: 'b', priority: 20, cpu: 400, node: 'n1' },
    { name: 'c', priority: 200, cpu: 200, node: 'n1' },
  ];
  assert.deepEqual(plan(make({ n1: 1000 }, pods), high), ['n1', 'b', 'a']);
  assert.deepEqual(plan(make({ n1: 1100 }, pods), high), ['n1', 'a']);
  assert.equal(plan(make({ n1: 600 }, pods), high), undefined);
});

test('a pod whose policy is Never evicts nobody', () => {
  const cluster = make({ n1: 500 }, [{ name: 'a', cpu: 500, node: 'n1' }]);
  assert.equal(plan(cluster, { ...high, preemptionPolicy: 'Never' }), undefined);
  assert.deepEqual(plan(cluster, high), ['n1', 'a']);
});

test('a node that is too small when empty is no candidate', () => {
  assert.equal(plan(make({ n1: 400 }, [{ name: 'a', cpu: 100, node: 'n1' }]), high), undefined);
});

const choices: [string, readonly Sketch[], string][] = [
  [
    'the lowest of the highest victims',
    [
      { name: 'a', priority: 20, cpu: 500, node: 'n1' },
      { name: 'b', priority: 10, cpu: 500, node: 'n2' },
    ],
    'n2',
  ],
  [
    'the smaller sum of priorities',
    [
      { name: 'a', priority: 10, cpu: 250, node: 'n1' },
      { name: 'b', priority: 10, cpu: 250, node: 'n1' },
      { name: 'c', priority: 10, cpu: 500, node: 'n2' },
    ],
    'n2',
  ],
  [
    'the latest start of the most important victim',
    [
      { name: 'a', priority: 10, cpu: 500, node: 'n1', startTime: '2026-01-01T00:00:00Z' },
      { name: 'b', priority: 10, cpu: 500, node: 'n2', startTime: '2026-01-02T00:00:00Z' },
    ],
    'n2',
  ],
];
for (const [name, pods, node] of choices) {
  test(`the node is chosen by ${name}`, () => {
    assert.equal(plan(make({ n1: 500, n2: 500 }, pods), high)?.[0], node);
  });
}

test('budgets are kept when that is possible, before priorities are looked at', () => {
  const budget: PodDisruptionBudget = {
    metadata: { name: 'pdb', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'db' } } },
    status: { disruptionsAllowed: 0 },
  };
  const pods = [
    { name: 'a', priority: 10, cpu: 500, node: 'n1', labels: { app: 'db' } },
    { name: 'b', priority: 50, cpu: 500, node: 'n2' },
  ];
  assert.deepEqual(plan(make({ n1: 500, n2: 500 }, pods, [budget]), high), ['n2', 'b']);
  assert.deepEqual(plan(make({ n1: 500 }, pods.slice(0, 1), [budget]), high), ['n1', 'a']);
});

test('planning changes nothing', () => {
  const cluster = make({ n1: 500 }, [{ name: 'a', cpu: 500, node: 'n1' }]);
  plan(cluster, high);
  assert.deepEqual(
    [...cluster.snapshot.pods()].map(({ name }) => name),
    ['a'],
  );
});

test('a nominated pod holds its place against pods of its priority and below', () => {
  const { snapshot, engine } = make({ n1: 500 }, []);
  const nominee = snapshot.readPod(podOf(high));
  engine.nominated.nominate(nominee, 'n1');
  const other = snapshot.readPod(podOf({ name: 'q', priority: 100, cpu: 500 }));
  assert.equal(engine.decide(other).outcome, 'refused');
  assert.equal(engine.decide(nominee).outcome, 'placed');
  const higher = snapshot.readPod(podOf({ name: 'r', priority: 101, cpu: 500 }));
  assert.equal(engine.decide(higher).outcome, 'placed');
});

test('nobody is evicted while earlier victims are on their way out', () => {
  const cluster = make({ n1: 500, n2: 500 }, [
    { name: 'a', cpu: 500, node: 'n1', terminating: true },
    { name: 'b', cpu: 500, node: 'n2' },
  ]);
  const pod = cluster.snapshot.readPod(podOf(high));
  cluster.engine.nominated.nominate(pod, 'n1');
  assert.equal(planPreemption(cluster.engine, pod), undefined);
});

/** Takes part in filtering and lets all nodes pass, so that evictions are tried out one by one. */
const passAll: SchedulerPlugin = {
  name: 'PassAll',
  scope: 'node',
  events: [],
  filter: () => filterByNode(() => undefined),
};

test('victims that are found by sums are those that are found by trying', () => {
  const amount = (most: number) => fc.integer({ min: 0, max: most });
  const pods = fc.array(
    fc.record({
      cpu: amount(900),
      memory: amount(900),
      priority: fc.integer({ min: 0, max: 4 }),
      node: fc.nat({ max: 3 }),
      app: fc.constantFrom('a', 'b'),
      started: fc.nat({ max: 2 }),
    }),
    { maxLength: 16 },
  );
  const wanted = fc.record({
    cpu: amount(1500),
    memory: amount(1500),
    priority: fc.integer({ min: 0, max: 5 }),
  });
  const nominated = fc.option(fc.nat({ max: 3 }), { nil: undefined });
  let found = 0;
  fc.assert(
    fc.property(pods, wanted, fc.nat({ max: 2 }), nominated, (pods, wanted, allowed, nominee) => {
      const podOf = (name: string, { cpu, memory, priority }: typeof wanted): Pod => ({
        metadata: { name },
        spec: {
          priority,
          containers: [{ name: 'c', resources: { requests: { cpu: `${cpu}m`, memory: String(memory) } } }],
        },
      });
      const snapshot = new ClusterSnapshot();
      for (let index = 0; index < 4; index++) {
        snapshot.addNode({
          metadata: { name: `n${index}` },
          spec: index === 3 ? { unschedulable: true } : {},
          status: { allocatable: { cpu: '1', memory: '1000', pods: '4' } },
        });
      }
      for (const [index, pod] of pods.entries()) {
        const { metadata, spec } = podOf(`old-${index}`, pod);
        snapshot.addPod({
          metadata: { ...metadata, labels: { app: pod.app } },
          spec: { containers: [], ...spec, nodeName: `n${pod.node}` },
          ...(pod.started > 0 && { status: { startTime: `2026-01-0${pod.started}T00:00:00Z` } }),
        });
      }
      snapshot.objects.disruptionBudgets.set('pdb', {
        metadata: { namespace: 'default' },
        spec: { selector: { matchLabels: { app: 'a' } } },
        status: { disruptionsAllowed: allowed, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
      });
      const plans = [profileOf(defaultPlugins()), profileOf([...defaultPlugins(), passAll])].map(
        (profile) => {
          const engine = new SchedulingEngine(snapshot, { profiles: [profile] });
          if (nominee !== undefined) {
            const pod = podOf('nominee', { cpu: 300, memory: 300, priority: 5 });
            engine.nominated.nominate(snapshot.readPod(pod), `n${nominee}`);
          }
          const plan = planPreemption(engine, snapshot.readPod(podOf('new', wanted)));
          return plan && { ...plan, victims: plan.victims.map(({ name }) => name) };
        },
      );
      if (plans[0]) found++;
      assert.deepEqual(plans[0], plans[1]);
    }),
    { numRuns: Number(process.env['SCHEDULER_RUNS'] ?? 300) },
  );
  assert.ok(found > 0);
});
