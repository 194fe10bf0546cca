import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Node, Pod, PodSpec } from '../../model/api/types.ts';
import { checkWeight, defaultPlugins, profileOf } from './profile.ts';
import { SchedulingEngine } from './schedule-pod.ts';
import { ClusterSnapshot } from './snapshot.ts';
import { nodeLists, podSequences } from './testing/arbitraries.ts';
import { damaged, tolerate } from './testing/damaged.ts';
import { planPreemption } from './preemption.ts';

const container = { name: 'c' };
const requesting = (requests: Record<string, string>) => ({
  containers: [{ name: 'c', resources: { requests } }],
});
const anti = (term: object) => ({
  containers: [container],
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
});
const spread = (constraint: object) => ({
  containers: [container],
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', ...constraint },
  ],
});

const wrongPods: [string, unknown, RegExp][] = [
  [
    'a negative quantity',
    requesting({ cpu: '-1' }),
    /spec\.containers\[0\]\.resources\.requests\[cpu\]: Invalid value: "-1"/,
  ],
  [
    'an absurd quantity',
    requesting({ memory: '9E' }),
    /requests\[memory\]: Invalid value: "9E": must be at most/,
  ],
  ['no quantity', requesting({ cpu: 'many' }), /requests\[cpu\]: Invalid value: "many"/],
  [
    '100,000 tolerations',
    { containers: [container], tolerations: Array.from({ length: 100_000 }, () => ({ operator: 'Exists' })) },
    /spec\.tolerations: Too many: 100000/,
  ],
  [
    'a toleration with an unknown operator',
    { containers: [container], tolerations: [{ key: 'a', operator: 'Like' }] },
    /spec\.tolerations\[0\]\.operator: Unsupported value: "Like"/,
  ],
  [
    'a selector with an unknown operator',
    anti({ topologyKey: 'zone', labelSelector: { matchExpressions: [{ key: 'a', operator: 'Near' }] } }),
    /labelSelector\.matchExpressions\[0\]\.operator: Unsupported value: "Near"/,
  ],
  ['no topology key', anti({ labelSelector: {} }), /podAntiAffinity.*\[0\]\.topologyKey: Required value/],
  [
    'a skew of NaN',
    spread({ maxSkew: Number.NaN }),
    /topologySpreadConstraints\[0\]\.maxSkew: Invalid value/,
  ],
  [
    'an unknown action',
    spread({ whenUnsatisfiable: 'Maybe' }),
    /\[0\]\.whenUnsatisfiable: Unsupported value: "Maybe"/,
  ],
  [
    'a priority beyond 32 bits',
    { containers: [container], priority: 2 ** 40 },
    /spec\.priority: Invalid value/,
  ],
  [
    'an unknown class',
    { containers: [container], priorityClassName: 'vip' },
    /spec\.priorityClassName: Not found: "vip"/,
  ],
  [
    'a node selector with two values for Gt',
    {
      containers: [container],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1', '2'] }] }],
          },
        },
      },
    },
    /nodeSelectorTerms\[0\]\.matchExpressions\[0\]\.values: Invalid value/,
  ],
  ['no containers', {}, /spec\.containers: Required value/],
];
for (const [name, spec, message] of wrongPods) {
  test(`the wrong field of a pod is named: ${name}`, () => {
    const snapshot = new ClusterSnapshot();
    const pod: Pod = { metadata: { name: 'p' }, spec: spec as PodSpec };
    assert.throws(() => snapshot.readPod(pod), { name: 'PeapodError', code: 'Invalid', message });
  });
}

const wrongNodes: [string, Node, RegExp][] = [
  ['no name', {}, /metadata\.name: Required value/],
  [
    'a negative quantity',
    { metadata: { name: 'n' }, status: { allocatable: { cpu: '-4' } } },
    /status\.allocatable\[cpu\]: Invalid value: "-4"/,
  ],
  [
    'an unknown effect',
    { metadata: { name: 'n' }, spec: { taints: [{ key: 'a', effect: 'Sometimes' }] } },
    /spec\.taints\[0\]\.effect: Unsupported value: "Sometimes"/,
  ],
];
for (const [name, node, message] of wrongNodes) {
  test(`the wrong field of a node is named: ${name}`, () => {
    assert.throws(() => new ClusterSnapshot().addNode(node), { name: 'PeapodError', message });
  });
}

test('a node is added once, and a pod placed once', () => {
  const snapshot = new ClusterSnapshot();
  snapshot.addNode({ metadata: { name: 'n' } });
  assert.throws(() => snapshot.addNode({ metadata: { name: 'n' } }), /metadata\.name: Duplicate value: "n"/);
  const pod = { metadata: { name: 'p' }, spec: { containers: [container], nodeName: 'n' } };
  snapshot.addPod(pod);
  assert.throws(() => snapshot.addPod(pod), { code: 'AlreadyExists' });
  const lost = { metadata: { name: 'q' }, spec: { containers: [container], nodeName: 'x' } };
  assert.throws(() => snapshot.addPod(lost), { code: 'NotFound' });
});

test('weights must be whole numbers', () => {
  for (const weight of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY]) {
    assert.throws(() => checkWeight('weights[x]', weight), /weights\[x\]: Invalid value/);
    assert.throws(() => profileOf(defaultPlugins(), { ImageLocality: weight }), /weights\[ImageLocality\]/);
  }
});

test('no input makes the engine throw anything but errors that name what is wrong', () => {
  fc.assert(
    fc.property(damaged(nodeLists), damaged(podSequences), (nodes, pods) => {
      const snapshot = new ClusterSnapshot();
      const engine = new SchedulingEngine(snapshot);
      for (const node of Array.isArray(nodes) ? nodes : []) tolerate(() => snapshot.addNode(node));
      for (const pod of Array.isArray(pods) ? pods : []) {
        tolerate(() => {
          const info = snapshot.readPod(pod);
          const decision = engine.decide(info);
          engine.explain(info);
          planPreemption(engine, { ...info, priority: 2 ** 31 });
          if (decision.outcome === 'placed') {
            assert.ok(Number.isFinite(decision.score));
            snapshot.place(info, snapshot.slotOf(decision.node));
          }
        });
      }
    }),
    { numRuns: Number(process.env['SCHEDULER_RUNS'] ?? 300) },
  );
});
