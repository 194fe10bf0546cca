import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Node, Pod, Taint } from '../../../model/api/types.ts';
import { ClusterSnapshot } from '../snapshot.ts';
import { SchedulingEngine } from '../schedule-pod.ts';
import { referenceFeasible, referenceScores } from '../testing/reference.ts';
import type { PlacedPod } from '../testing/reference-cluster.ts';

const taints: fc.Arbitrary<Taint[]> = fc.constantFrom<Taint[]>(
  [],
  [],
  [],
  [{ key: 'dedicated', effect: 'NoSchedule' }],
  [{ key: 'old', effect: 'PreferNoSchedule' }],
  [
    { key: 'old', effect: 'PreferNoSchedule' },
    { key: 'older', effect: 'PreferNoSchedule' },
  ],
);

const nodeLists: fc.Arbitrary<Node[]> = fc
  .array(
    fc.record({
      cpu: fc.constantFrom('4', '4', '4', '3', '3001m', '0', '64'),
      memory: fc.constantFrom('8Gi', '8Gi', '8Gi', '7000000001', '0'),
      pods: fc.constantFrom('110', '110', '110', '3', '0'),
      disk: fc.constantFrom('ssd', 'hdd', 'tape'),
      taints,
      unschedulable: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((list) =>
    list.map(({ cpu, memory, pods, disk, taints, unschedulable }, index) => ({
      metadata: { name: `node-${index}`, labels: { disk } },
      spec: { taints, unschedulable },
      status: { allocatable: { cpu, memory, pods } },
    })),
  );

const preferred = [
  { weight: 3, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
  { weight: 1, preference: { matchExpressions: [{ key: 'disk', operator: 'NotIn', values: ['tape'] }] } },
];

/** What pods have in common that otherwise differ in what they ask for. */
const wishes: fc.Arbitrary<Partial<NonNullable<Pod['spec']>>> = fc.constantFrom(
  {},
  {},
  { nodeSelector: { disk: 'ssd' } },
  { tolerations: [{ operator: 'Exists' }] },
  { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } } },
);

const amounts = fc.record({
  milliCpu: fc.oneof(fc.integer({ min: 0, max: 4000 }), fc.constantFrom(undefined, 1000, 2000)),
  bytes: fc.oneof(fc.integer({ min: 0, max: 5e9 }), fc.constantFrom(undefined, 2 ** 30, 2 ** 32)),
});

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('place' as const), amounts, beyond: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), which: fc.nat() }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('change' as const), which: fc.nat(), by: fc.nat() }),
    },
  ),
  { minLength: 5, maxLength: 45 },
);

function podOf(
  index: number,
  { milliCpu, bytes }: { milliCpu: number | undefined; bytes: number | undefined },
  wish: Partial<NonNullable<Pod['spec']>>,
): Pod {
  const requests = {
    ...(milliCpu !== undefined && { cpu: `${milliCpu}m` }),
    ...(bytes !== undefined && { memory: String(bytes) }),
  };
  return {
    metadata: { name: `pod-${index}` },
    spec: { ...wish, containers: [{ name: 'c', image: 'x', resources: { requests } }] },
  };
}

test('pods that all differ go to one of the nodes that the reference thinks best', () => {
  fc.assert(
    fc.property(nodeLists, nodeLists, wishes, steps, fc.nat(), (nodes, versions, wish, all, seed) => {
      const snapshot = new ClusterSnapshot();
      for (const node of nodes) snapshot.addNode(node);
      const engine = new SchedulingEngine(snapshot, { seed });
      let placed: PlacedPod[] = [];
      let known = [...nodes];
      for (const [index, step] of all.entries()) {
        if (step.kind === 'remove') {
          const gone = placed[step.which % Math.max(1, placed.length)];
          const info = snapshot.pod(`default/${gone?.pod.metadata?.name}`);
          if (info) snapshot.remove(info);
          placed = placed.filter((other) => other !== gone);
        } else if (step.kind === 'change') {
          const old = known[step.which % known.length] as Node;
          const version = versions[step.by % versions.length] as Node;
          const node = { ...version, metadata: { ...version.metadata, name: old.metadata?.name ?? '' } };
          snapshot.updateNode(node);
          known = known.map((other) => (other === old ? node : other));
          placed = placed.map((one) => (one.node === old ? { ...one, node } : one));
        } else {
          const pod = podOf(index, step.amounts, wish);
          const info = snapshot.readPod(pod);
          const cluster = { nodes: known, placed, namespaces: {}, services: [] };
          const feasible = referenceFeasible(cluster, pod);
          const scores = referenceScores(cluster, pod, feasible);
          const decision = engine.decide(info);
          const best = Math.max(...scores);
          const chosen = decision.outcome === 'placed' ? decision.node : undefined;
          const place = feasible.findIndex(({ metadata }) => metadata?.name === chosen);
          const wanted =
            feasible.length === 0
              ? { outcome: 'refused' }
              : {
                  score: best,
                  ties: scores.filter((score) => score === best).length,
                  feasible: feasible.length,
                };
          assert.deepEqual({ ...decision, ...wanted }, decision);
          if (feasible.length > 0) assert.equal(scores[place], best);
          const node = feasible[place] ?? (step.beyond ? known[0] : undefined);
          if (node === undefined) continue;
          snapshot.place(info, snapshot.slotOf(node.metadata?.name ?? ''));
          placed.push({ pod, node });
        }
      }
    }),
    { numRuns: Number(process.env['SCHEDULER_RUNS'] ?? 200) },
  );
});

test('of equal nodes each is chosen as often', () => {
  const snapshot = new ClusterSnapshot();
  for (const name of ['a', 'b', 'c', 'd']) {
    snapshot.addNode({ metadata: { name }, status: { allocatable: { cpu: '9', memory: '9Gi', pods: '9' } } });
  }
  const engine = new SchedulingEngine(snapshot);
  const times = new Map<string, number>();
  for (let index = 0; index < 4000; index++) {
    const pod = snapshot.readPod(podOf(index, { milliCpu: index + 1, bytes: 1000 }, {}));
    const decision = engine.decide(pod);
    assert.ok(decision.outcome === 'placed');
    assert.equal(decision.ties, 4);
    times.set(decision.node, (times.get(decision.node) ?? 0) + 1);
  }
  for (const count of times.values()) assert.ok(count > 850 && count < 1150, String(count));
});
