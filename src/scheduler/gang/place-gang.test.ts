import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Node, Pod } from '../../model/api/types.ts';
import { nodeResourcesFit } from '../engine/plugins/resources-fit.ts';
import type { PodInfo } from '../engine/pod/pod-info.ts';
import { defaultPlugins, profileOf } from '../engine/profile.ts';
import { SchedulingEngine } from '../engine/schedule-pod.ts';
import { ClusterSnapshot } from '../engine/snapshot.ts';
import { podSpecs } from '../engine/testing/arbitraries.ts';
import { planGangPreemption } from './gang-preemption.ts';
import { decideGang } from './place-gang.ts';
import type { Gang } from './pod-group.ts';

const HOSTNAME = 'kubernetes.io/hostname';

/** Nodes are packed, as Swarm's binpack does. */
const PACKED = profileOf([
  ...defaultPlugins().filter(({ name }) => name !== 'NodeResourcesFit'),
  nodeResourcesFit({
    strategy: {
      type: 'MostAllocated',
      resources: [
        { name: 'cpu', weight: 1 },
        { name: 'memory', weight: 1 },
      ],
    },
  }),
]);

function nodeOf(name: string, memory: string, labels: Record<string, string> = {}): Node {
  return {
    metadata: { name, labels: { [HOSTNAME]: name, ...labels } },
    status: { allocatable: { cpu: '8', memory, pods: '110' } },
  };
}

function make(nodes: readonly Node[]): { snapshot: ClusterSnapshot; engine: SchedulingEngine } {
  const snapshot = new ClusterSnapshot();
  for (const node of nodes) snapshot.addNode(node);
  return { snapshot, engine: new SchedulingEngine(snapshot, { profiles: [PACKED] }) };
}

function podOf(name: string, memory: string, spec: Partial<NonNullable<Pod['spec']>> = {}, group = 'g'): Pod {
  return {
    metadata: { name, labels: { app: 'rsyslogd', 'scheduling.x-k8s.io/pod-group': group } },
    spec: { containers: [{ name: 'c', resources: { requests: { memory } } }], ...spec },
  };
}

const gangOf = (minCount: number, topologyKey?: string): Gang => ({
  key: 'default/g',
  minCount,
  topologyKey,
});

const term = { topologyKey: HOSTNAME, labelSelector: { matchLabels: { app: 'rsyslogd' } } };
const together = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };

test('three affine pods that one by one get stuck on the smaller node are placed as a gang', () => {
  const { snapshot, engine } = make([nodeOf('node-1', '3Gi'), nodeOf('node-2', '2560Mi')]);
  const pods = ['main', 'imklog', 'imuxsock'].map((name) => snapshot.readPod(podOf(name, '1Gi', together)));
  const first = pods[0] && engine.decide(pods[0]);
  assert.equal(first?.outcome === 'placed' && first.node, 'node-2', 'packing starts on the wrong node');
  const decision = decideGang(engine, gangOf(3), pods);
  assert.ok(decision.outcome === 'placed');
  assert.deepEqual(
    decision.assignments.map(({ node }) => node),
    ['node-1', 'node-1', 'node-1'],
  );
  assert.equal(snapshot.podCount, 0, 'deciding holds nothing');
});

test('a gang that does not fit as a whole holds nothing', () => {
  const { snapshot, engine } = make([nodeOf('a', '2Gi'), nodeOf('b', '2Gi')]);
  const pods = [1, 2, 3].map((index) => snapshot.readPod(podOf(`p${index}`, '2Gi')));
  assert.deepEqual(decideGang(engine, gangOf(3), pods), {
    outcome: 'refused',
    reason: 'placement',
    needed: 3,
    reached: 2,
  });
  assert.equal(decideGang(engine, gangOf(2), pods).outcome, 'placed');
});

test('a gang waits until it has enough members, and those on nodes count', () => {
  const { snapshot, engine } = make([nodeOf('a', '8Gi')]);
  const [first, second] = ['x', 'y'].map((name) => snapshot.readPod(podOf(name, '1Gi')));
  assert.ok(first && second);
  const alone = decideGang(engine, gangOf(2), [first]);
  assert.equal(alone.outcome === 'refused' && alone.reason, 'members');
  snapshot.place(second, 0);
  assert.equal(decideGang(engine, gangOf(2), [first]).outcome, 'placed');
});

test('a topology constraint keeps the gang in one domain, and with its members on nodes', () => {
  const zone = (name: string) => ({ zone: name });
  const { snapshot, engine } = make([
    nodeOf('a1', '2Gi', zone('a')),
    nodeOf('b1', '1Gi', zone('b')),
    nodeOf('b2', '2Gi', zone('b')),
  ]);
  const pods = [1, 2, 3].map((index) => snapshot.readPod(podOf(`p${index}`, '1Gi')));
  const decision = decideGang(engine, gangOf(3, 'zone'), pods);
  assert.ok(decision.outcome === 'placed');
  assert.deepEqual(new Set(decision.assignments.map(({ node }) => node)), new Set(['b1', 'b2']));
  snapshot.place(snapshot.readPod(podOf('p0', '1Gi')), snapshot.slotOf('a1'));
  assert.equal(decideGang(engine, gangOf(4, 'zone'), pods).outcome, 'refused');
  assert.equal(decideGang(engine, gangOf(2, 'zone'), pods.slice(0, 1)).outcome, 'placed');
});

test('pods of different sizes are packed though the small ones come first', () => {
  const { snapshot, engine } = make([nodeOf('a', '3Gi'), nodeOf('b', '2Gi')]);
  const sizes = ['1Gi', '1Gi', '3Gi'];
  const pods = sizes.map((size, index) => snapshot.readPod(podOf(`p${index}`, size)));
  assert.equal(decideGang(engine, gangOf(3), pods).outcome, 'placed');
});

test('a whole gang preempts, and no more than it needs to', () => {
  const { snapshot, engine } = make([nodeOf('a', '2Gi'), nodeOf('b', '2Gi'), nodeOf('c', '2Gi')]);
  for (const [name, memory, nodeName, priority] of [
    ['low-a', '2Gi', 'a', 1],
    ['low-b', '1Gi', 'b', 1],
    ['high-c', '2Gi', 'c', 1000],
  ] as const) {
    snapshot.addPod(podOf(name, memory, { nodeName, priority }, ''));
  }
  const pods = [1, 2].map((index) => snapshot.readPod(podOf(`p${index}`, '1Gi', { priority: 100 })));
  const plan = planGangPreemption(engine, gangOf(2), pods);
  assert.deepEqual(plan?.victims.map(({ name }) => name).length, 1);
  assert.equal(snapshot.podCount, 3);
  const never = pods.map(({ pod }) =>
    snapshot.readPod({ ...pod, spec: { containers: [], ...pod.spec, preemptionPolicy: 'Never' } }),
  );
  assert.equal(planGangPreemption(engine, gangOf(2), never), undefined);
});

/** The most pods that can be placed, by trying every order and every node. */
function mostByTrying(engine: SchedulingEngine, pods: readonly PodInfo[]): number {
  const { snapshot } = engine;
  let most = 0;
  for (const pod of pods) {
    for (const slot of snapshot.nodes.live.slice(0, snapshot.nodes.count)) {
      if (most === pods.length) return most;
      if (!engine.suits(pod, slot)) continue;
      snapshot.place(pod, slot);
      most = Math.max(
        most,
        1 +
          mostByTrying(
            engine,
            pods.filter((other) => other !== pod),
          ),
      );
      snapshot.remove(pod);
    }
  }
  return most;
}

test('a gang is placed whenever trying everything finds a placement', () => {
  const memory = fc.constantFrom('512Mi', '1Gi', '1536Mi', '2Gi', '3Gi');
  const zone = fc.constantFrom('z1', 'z2');
  const nodes = fc
    .array(fc.tuple(memory, zone), { minLength: 1, maxLength: 3 })
    .map((list) =>
      list.map(([size, name], index) => nodeOf(`n${index}`, size, { 'topology.kubernetes.io/zone': name })),
    );
  const pod = fc.tuple(podSpecs, fc.constantFrom('a', 'b'), fc.constantFrom('1Gi', '512Mi'));
  const pods = fc.array(pod, { minLength: 1, maxLength: 4 }).map((list) =>
    list.map(([spec, app, size], index): Pod => {
      const { affinity, topologySpreadConstraints } = spec;
      const containers = [{ name: 'c', resources: { requests: { memory: size } } }];
      return {
        metadata: { name: `p${index}`, labels: { app } },
        spec: {
          containers,
          ...(affinity && { affinity }),
          ...(topologySpreadConstraints && { topologySpreadConstraints }),
        },
      };
    }),
  );
  fc.assert(
    fc.property(nodes, pods, fc.nat({ max: 4 }), (nodes, pods, missing) => {
      const { snapshot, engine } = make(nodes);
      const infos = pods.map((pod) => snapshot.readPod(pod));
      const most = mostByTrying(engine, infos);
      const minCount = Math.max(1, pods.length - missing);
      const decision = decideGang(engine, { key: 'default/none', minCount, topologyKey: undefined }, infos);
      assert.equal(decision.outcome, most >= minCount ? 'placed' : 'refused');
      if (decision.outcome === 'refused') return;
      assert.equal(decision.assignments.length, most);
      for (const { pod, slot } of decision.assignments) {
        assert.ok(engine.suits(pod, slot));
        snapshot.place(pod, slot);
      }
    }),
    { numRuns: Number(process.env['SCHEDULER_RUNS'] ?? 150) },
  );
});
