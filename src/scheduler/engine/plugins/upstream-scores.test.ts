/** Normalised scores, by the rules that kube-scheduler's own tests go through. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Node, Pod, PodSpec, Taint } from '../../../model/api/types.ts';
import { SchedulingEngine } from '../schedule-pod.ts';
import { ClusterSnapshot } from '../snapshot.ts';

type Labels = Record<string, string>;

const ROOM = { cpu: '10', memory: '10000', pods: '100' };

function nodeOf(name: string, labels: Labels, allocatable: Labels = ROOM, taints: Taint[] = []): Node {
  return { metadata: { name, labels }, spec: { taints }, status: { allocatable } };
}

interface Running {
  readonly on: string;
  readonly labels?: Labels;
  readonly requests?: Labels;
  readonly spec?: Partial<PodSpec>;
  readonly terminating?: boolean;
  readonly namespace?: string;
}

const containersOf = (requests: Labels = {}) => [{ name: 'c', resources: { requests } }];

/** Each node's normalised score by the plugin. */
function scoresBy(
  plugin: string,
  nodes: readonly Node[],
  running: readonly Running[],
  pod: Partial<PodSpec>,
  labels: Labels = {},
): Record<string, number | undefined> {
  const snapshot = new ClusterSnapshot();
  for (const node of nodes) snapshot.addNode(node);
  for (const [
    index,
    { on, labels = {}, requests, spec, terminating, namespace = 'default' },
  ] of running.entries()) {
    snapshot.addPod({
      metadata: {
        name: `old-${index}`,
        namespace,
        labels,
        ...(terminating && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      },
      spec: { containers: containersOf(requests), nodeName: on, ...spec },
    });
  }
  const coming: Pod = { metadata: { name: 'new', labels }, spec: { containers: containersOf(), ...pod } };
  const { feasible } = new SchedulingEngine(snapshot).explain(snapshot.readPod(coming));
  const scoreOn = (name: string): number | undefined =>
    feasible.find(({ node }) => node === name)?.scores.find((score) => score.plugin === plugin)?.normalised;
  return Object.fromEntries(nodes.map(({ metadata }) => [metadata?.name, scoreOn(metadata?.name ?? '')]));
}

const soft = (key: string): Taint => ({ key, effect: 'PreferNoSchedule' });
const taints: [string, Taint[][], PodSpec['tolerations'], number[]][] = [
  ['untainted nodes are equally good', [[], []], [], [100, 100]],
  ['tolerated taints do not count', [[soft('a')], []], [{ key: 'a', operator: 'Exists' }], [100, 100]],
  ['the more taints the worse', [[], [soft('a')], [soft('a'), soft('b')]], [], [100, 50, 0]],
  [
    'only PreferNoSchedule counts',
    [[{ key: 'x', effect: 'NoSchedule' }], [soft('a')]],
    [{ key: 'x', operator: 'Exists', effect: 'NoSchedule' }],
    [100, 0],
  ],
];
for (const [name, lists, tolerations = [], wanted] of taints) {
  test(`TaintToleration scores: ${name}`, () => {
    const nodes = lists.map((list, index) => nodeOf(`n${index}`, {}, ROOM, list));
    assert.deepEqual(Object.values(scoresBy('TaintToleration', nodes, [], { tolerations })), wanted);
  });
}

test('NodeAffinity scores: weights of the terms that match are summed up, the largest sum is 100', () => {
  const term = (weight: number, key: string, value: string) => ({
    weight,
    preference: { matchExpressions: [{ key, operator: 'In', values: [value] }] },
  });
  const preferredDuringSchedulingIgnoredDuringExecution = [
    term(2, 'zone', 'z1'),
    term(4, 'disk', 'ssd'),
    { weight: 9, preference: {} },
  ];
  const nodes = [
    nodeOf('both', { zone: 'z1', disk: 'ssd' }),
    nodeOf('disk', { disk: 'ssd' }),
    nodeOf('zone', { zone: 'z1' }),
    nodeOf('none', {}),
  ];
  const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution } };
  assert.deepEqual(scoresBy('NodeAffinity', nodes, [], { affinity }), {
    both: 100,
    disk: 66,
    zone: 33,
    none: 0,
  });
});

const shares: [string, Labels, Labels, Labels, number | undefined][] = [
  ['a pod that asks for nothing does not care', {}, { cpu: '3' }, {}, undefined],
  ['equal shares are best', {}, {}, { cpu: '3', memory: '3000' }, 100],
  ['half of the difference is taken off', {}, {}, { cpu: '3', memory: '5000' }, 90],
  ['what runs there counts', {}, { cpu: '3', memory: '0' }, { cpu: '3', memory: '5000' }, 95],
  ['a node without memory has nothing to balance', { memory: '0' }, {}, { cpu: '3' }, 100],
];
for (const [name, allocatable, used, requests, wanted] of shares) {
  test(`NodeResourcesBalancedAllocation scores: ${name}`, () => {
    const nodes = [nodeOf('n', {}, { ...ROOM, ...allocatable })];
    const running = [{ on: 'n', requests: used }];
    const pod = { containers: containersOf(requests) };
    assert.deepEqual(scoresBy('NodeResourcesBalancedAllocation', nodes, running, pod), { n: wanted });
  });
}

const zones = [
  nodeOf('a', { zone: 'z1', host: 'a' }),
  nodeOf('b', { zone: 'z1', host: 'b' }),
  nodeOf('c', { zone: 'z2', host: 'c' }),
];
type Kind = 'podAffinity' | 'podAntiAffinity';
const prefers = (kind: Kind, app: string, topologyKey: string, weight = 5): Partial<PodSpec> => ({
  affinity: {
    [kind]: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight, podAffinityTerm: { topologyKey, labelSelector: { matchLabels: { app } } } },
      ],
    },
  },
});
const requires = (app: string, topologyKey: string): Partial<PodSpec> => ({
  affinity: {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey, labelSelector: { matchLabels: { app } } },
      ],
    },
  },
});
const db = { app: 'db' };
const affinities: [string, readonly Running[], Partial<PodSpec>, number[]][] = [
  ['all nodes are as good where nothing matches', [], prefers('podAffinity', 'db', 'zone'), [0, 0, 0]],
  [
    'the domain of what it likes',
    [{ on: 'a', labels: db }],
    prefers('podAffinity', 'db', 'zone'),
    [100, 100, 0],
  ],
  [
    'the more pods the better',
    [
      { on: 'a', labels: db },
      { on: 'a', labels: db },
      { on: 'c', labels: db },
    ],
    prefers('podAffinity', 'db', 'host'),
    [100, 0, 50],
  ],
  [
    'away from what it dislikes',
    [{ on: 'a', labels: db }],
    prefers('podAntiAffinity', 'db', 'zone'),
    [0, 0, 100],
  ],
  [
    'pods of other namespaces do not count',
    [{ on: 'a', labels: db, namespace: 'other' }],
    prefers('podAffinity', 'db', 'zone'),
    [0, 0, 0],
  ],
  ['what runs may like the pod', [{ on: 'c', spec: prefers('podAffinity', 'new', 'zone') }], {}, [0, 0, 100]],
  [
    'what runs may dislike the pod',
    [{ on: 'c', spec: prefers('podAntiAffinity', 'new', 'zone') }],
    {},
    [100, 100, 0],
  ],
  [
    'a term that what runs requires weighs 1',
    [
      { on: 'a', labels: { app: 'new' }, spec: requires('new', 'host') },
      { on: 'c', spec: prefers('podAffinity', 'new', 'host', 4) },
    ],
    {},
    [25, 0, 100],
  ],
];
for (const [name, running, pod, wanted] of affinities) {
  test(`InterPodAffinity scores: ${name}`, () => {
    const scores = scoresBy('InterPodAffinity', zones, running, pod, { app: 'new' });
    assert.deepEqual(
      Object.values(scores).map((score) => score ?? 0),
      wanted,
    );
  });
}

const spreadOver = (topologyKey: string, maxSkew = 1): Partial<PodSpec> => ({
  topologySpreadConstraints: [
    { topologyKey, maxSkew, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: db } },
  ],
});
const one = (on: string, more: Partial<Running> = {}): Running => ({ on, labels: db, ...more });
const spreads: [string, readonly Running[], Partial<PodSpec>, number[]][] = [
  ['without pods all nodes are as good', [], spreadOver('host'), [100, 100, 100]],
  // 2 ln(3 + 2) and ln(3 + 2), rounded: 3 and 2.
  ['the emptiest host', [one('a'), one('a'), one('b')], spreadOver('host'), [0, 33, 100]],
  ['the emptiest zone', [one('a'), one('b')], spreadOver('zone'), [0, 0, 100]],
  ['terminating pods do not count', [one('a', { terminating: true })], spreadOver('host'), [100, 100, 100]],
  [
    'pods of other namespaces do not count',
    [one('a', { namespace: 'x' })],
    spreadOver('host'),
    [100, 100, 100],
  ],
];
for (const [name, running, pod, wanted] of spreads) {
  test(`PodTopologySpread scores: ${name}`, () => {
    assert.deepEqual(Object.values(scoresBy('PodTopologySpread', zones, running, pod, db)), wanted);
  });
}
