import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Node, Pod } from '../../model/api/types.ts';
import { SchedulingEngine } from '../engine/schedule-pod.ts';
import { ClusterSnapshot } from '../engine/snapshot.ts';
import { podSequences } from '../engine/testing/arbitraries.ts';
import { explainPod, type PodExplanation } from './explain-pod.ts';
import { tryOut } from './smallest-changes.ts';

function node(name: string, memory: string, more: Partial<Node> = {}): Node {
  const { metadata, ...rest } = more;
  return {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...metadata?.labels } },
    status: { allocatable: { cpu: '4', memory, pods: '110' } },
    ...rest,
  };
}

function pod(name: string, memory: string, spec: object = {}): Pod {
  return {
    metadata: { name, labels: { app: name } },
    spec: { containers: [{ name: 'c', resources: { requests: { memory } } }], ...spec },
  };
}

function engineOf(nodes: Node[], placed: [Pod, string][] = []): SchedulingEngine {
  const snapshot = new ClusterSnapshot();
  for (const one of nodes) snapshot.addNode(one);
  for (const [one, nodeName] of placed)
    snapshot.addPod({ ...one, spec: { ...(one.spec ?? { containers: [] }), nodeName } });
  return new SchedulingEngine(snapshot);
}

function explain(engine: SchedulingEngine, waiting: Pod): PodExplanation {
  return explainPod(engine, engine.snapshot.readPod(waiting));
}

function textsOf({ changes }: PodExplanation): string[] {
  return changes.map(({ text }) => text);
}

/** Who is where, and what that takes. */
function stateOf({ nodes }: ClusterSnapshot): object {
  return [...nodes.live.subarray(0, nodes.count)].map((slot) => ({
    node: nodes.info(slot).node,
    pods: nodes
      .podsOn(slot)
      .map(({ name }) => name)
      .sort(),
    requested: nodes.requested.map((column) => column[slot]),
    allocatable: nodes.allocatable.map((column) => column[slot] ?? 0),
  }));
}

test('verdicts come with numbers, for every plugin, and the summary in kube-scheduler’s words', () => {
  const engine = engineOf([
    node('small', '2560Mi'),
    node('tainted', '8Gi', { spec: { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] } }),
  ]);
  const { summary, nodes, outcome } = explain(engine, pod('p', '3Gi'));
  assert.equal(outcome, 'pending');
  assert.equal(
    summary,
    '0/2 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint {gpu: yes}.',
  );
  const says = nodes.map(({ plugins }) => plugins.flatMap((plugin) => plugin.says));
  assert.deepEqual(says, [
    ['needs 3Gi memory, 2.5Gi free of 2.5Gi'],
    ['taint gpu=yes:NoSchedule is not tolerated'],
  ]);
  const passed = nodes[0]?.plugins.filter(({ verdict }) => verdict === 'passed').map(({ plugin }) => plugin);
  assert.ok(passed?.includes('TaintToleration') && passed.includes('InterPodAffinity'));
});

test('the winner is told with what it leads by', () => {
  const engine = engineOf([node('a', '8Gi'), node('b', '4Gi')]);
  const { why, node: chosen, scores, changes } = explain(engine, pod('p', '1Gi'));
  assert.equal(chosen, 'a');
  assert.match(why, /^a has the best score, \d+; b comes next with \d+ \(.*NodeResourcesFit \+\d+/);
  assert.ok(scores[0] && scores[1] && scores[0].total > scores[1].total);
  assert.deepEqual(changes, []);
});

test('each plugin’s refusal has a change that mends it', () => {
  const spread = {
    topologyKey: 'kubernetes.io/hostname',
    maxSkew: 1,
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: { app: 'p' } },
  };
  const toOther = (kind: string) => ({
    affinity: {
      [kind]: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'other' } } },
        ],
      },
    },
  });
  const term = 'requiredDuringSchedulingIgnoredDuringExecution';
  const hostPort = { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] };
  const cases: [Node, [Pod, string][], Pod, string][] = [
    [node('n', '4Gi'), [[pod('other', '2Gi'), 'n']], pod('p', '3Gi'), 'free 1Gi memory on n'],
    [node('n', '4Gi'), [[pod('other', '2Gi'), 'n']], pod('p', '3Gi'), 'evict default/other from n'],
    [node('n', '4Gi'), [[pod('other', '2Gi'), 'n']], pod('p', '3Gi'), 'ask for 2Gi memory instead of 3Gi'],
    [node('n', '2Gi'), [], pod('p', '3Gi'), 'give n 1Gi more memory'],
    [node('n', '4Gi'), [[pod('other', '2Gi'), 'n']], pod('p', '3Gi'), 'add a node like n'],
    [node('n', '4Gi', { spec: { unschedulable: true } }), [], pod('p', '1Gi'), 'uncordon n'],
    [
      node('n', '4Gi', { spec: { taints: [{ key: 'k', effect: 'NoExecute' }] } }),
      [],
      pod('p', '1Gi'),
      'tolerate the taint k:NoExecute',
    ],
    [node('n', '4Gi'), [], pod('p', '1Gi', { nodeSelector: { disk: 'ssd' } }), 'label n disk=ssd'],
    [
      node('n', '4Gi'),
      [],
      pod('p', '1Gi', { nodeSelector: { disk: 'ssd' } }),
      'drop spec.nodeSelector[disk]',
    ],
    [
      node('n', '4Gi'),
      [],
      pod('p', '1Gi', toOther('podAffinity')),
      `drop spec.affinity.podAffinity.${term}[0]`,
    ],
    [
      node('n', '4Gi'),
      [[pod('other', '1Gi'), 'n']],
      pod('p', '1Gi', toOther('podAntiAffinity')),
      `drop spec.affinity.podAntiAffinity.${term}[0]`,
    ],
    [
      node('n', '4Gi'),
      [[pod('other', '1Gi'), 'n']],
      pod('p', '1Gi', toOther('podAntiAffinity')),
      'evict default/other from n',
    ],
    [
      node('n', '4Gi'),
      [],
      pod('p', '1Gi', {
        topologySpreadConstraints: [
          spread,
          { ...spread, topologyKey: 'zone' },
          { ...spread, topologyKey: 'rack' },
        ],
      }),
      'drop spec.topologySpreadConstraints[1], and drop spec.topologySpreadConstraints[2]',
    ],
    [
      node('n', '4Gi'),
      [[pod('other', '1Gi', hostPort), 'n']],
      pod('p', '1Gi', hostPort),
      'drop spec.containers[0].ports[0].hostPort',
    ],
    [
      node('n', '4Gi'),
      [],
      pod('p', '1Gi', { schedulingGates: [{ name: 'g' }] }),
      'drop spec.schedulingGates',
    ],
    [
      node('n', '4Gi', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }),
      [[pod('other', '2Gi', { tolerations: [{ operator: 'Exists' }] }), 'n']],
      pod('p', '3Gi'),
      'tolerate the taint k:NoSchedule, and free 1Gi memory on n',
    ],
  ];
  for (const [only, placed, waiting, expected] of cases) {
    const texts = textsOf(explain(engineOf([only], placed), waiting));
    assert.ok(texts.includes(expected), `${expected} is not among ${texts.join(' | ')}`);
  }
});

test('what is short by one resource is freed in the least amount that will do', () => {
  const sizes = fc.array(
    fc.record({ size: fc.integer({ min: 1, max: 64 }), used: fc.integer({ min: 0, max: 64 }) }),
    {
      minLength: 1,
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 64 }), (nodes, needed) => {
      const used = nodes.map((one) => Math.min(one.used, one.size));
      const engine = engineOf(
        nodes.map(({ size }, index) => node(`n${index}`, `${size}Mi`)),
        used.map((amount, index) => [pod(`used-${index}`, `${amount}Mi`), `n${index}`]),
      );
      const shortages = nodes
        .map(({ size }, index) => ({ size, short: needed - (size - (used[index] ?? 0)) }))
        .filter(({ size }) => needed <= size)
        .map(({ short }) => short * 2 ** 20);
      const { changes, outcome } = explain(engine, pod('p', `${needed}Mi`));
      if (outcome === 'placed') return;
      const freed = changes.flatMap(({ steps }) =>
        steps.length === 1 && steps[0]?.kind === 'free' ? [steps[0]] : [],
      );
      assert.equal(freed[0]?.amount, shortages.length === 0 ? undefined : Math.min(...shortages));
      const [least] = freed;
      if (least === undefined) return;
      const almost = { ...least, amount: least.amount - 1 };
      assert.equal(tryOut(engine, pod('p', `${needed}Mi`), [almost]), undefined);
    }),
    { numRuns: 200 },
  );
});

test('every change helps, no step of it is needless, and the cluster stays as it is', () => {
  fc.assert(
    fc.property(
      podSequences,
      fc.array(fc.constantFrom('1Gi', '2Gi'), { minLength: 1, maxLength: 3 }),
      (pods, sizes) => {
        const engine = engineOf(
          sizes.map((size, index) =>
            node(`node-${index}`, size, {
              metadata: { labels: { rack: String(index % 2) } },
              ...(index === 1 && {
                spec: { taints: [{ key: 'dedicated', value: 'y', effect: 'NoSchedule' }] },
              }),
            }),
          ),
        );
        const { snapshot } = engine;
        for (const one of pods) {
          const info = snapshot.readPod(one);
          const decision = engine.decide(info);
          if (decision.outcome === 'placed') {
            snapshot.place(info, snapshot.slotOf(decision.node));
            continue;
          }
          const before = stateOf(snapshot);
          const { changes, summary } = explainPod(engine, info);
          assert.deepEqual(stateOf(snapshot), before);
          assert.match(summary, /^0\/\d+ nodes are available/);
          for (const { steps, node: goal } of changes) {
            assert.equal(typeof tryOut(engine, one, steps), 'string');
            assert.notEqual(goal, '');
            for (const step of steps)
              assert.equal(
                tryOut(
                  engine,
                  one,
                  steps.filter((other) => other !== step),
                ),
                undefined,
              );
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});
