/** Cases that kube-scheduler's own tests have. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type {
  Container,
  Pod,
  PodAffinityTerm,
  PodSpec,
  Taint,
  Toleration,
  TopologySpreadConstraint,
} from '../../../model/api/types.ts';
import { SchedulingEngine } from '../schedule-pod.ts';
import { ClusterSnapshot } from '../snapshot.ts';
import { interpolated } from './scoring-strategy.ts';

type Requests = Record<string, string>;

const container = (requests: Requests): Container => ({ name: 'c', resources: { requests } });

function cluster(
  ...nodes: {
    name: string;
    labels?: Record<string, string>;
    taints?: Taint[];
    allocatable?: Requests;
    unschedulable?: boolean;
  }[]
) {
  const snapshot = new ClusterSnapshot();
  for (const { name, labels = {}, taints = [], unschedulable = false, allocatable = {} } of nodes) {
    snapshot.addNode({
      metadata: { name, labels },
      spec: { taints, unschedulable },
      status: { allocatable: { cpu: '10', memory: '1000', pods: '100', ...allocatable } },
    });
  }
  const engine = new SchedulingEngine(snapshot);
  const put = (
    name: string,
    nodeName: string,
    labels: Record<string, string>,
    spec: Partial<PodSpec> = {},
  ): void => {
    snapshot.addPod({ metadata: { name, labels }, spec: { containers: [container({})], nodeName, ...spec } });
  };
  const read = (spec: Partial<PodSpec>, labels: Record<string, string> = {}) =>
    snapshot.readPod({ metadata: { name: 'new', labels }, spec: { containers: [container({})], ...spec } });
  return { snapshot, engine, put, read };
}

/** Node of 10 units each; what runs there; what comes; and why not. */
const fit: [string, Requests, Partial<PodSpec>, string[]][] = [
  ['no resources requested always fits', { cpu: '10m', memory: '20' }, {}, []],
  [
    'too many resources fails',
    { cpu: '10m', memory: '20' },
    { containers: [container({ cpu: '1m', memory: '1' })] },
    ['Insufficient cpu', 'Insufficient memory'],
  ],
  [
    'both resources fit',
    { cpu: '5m', memory: '5' },
    { containers: [container({ cpu: '1m', memory: '1' })] },
    [],
  ],
  [
    'one resource memory fits',
    { cpu: '9m', memory: '5' },
    { containers: [container({ cpu: '2m', memory: '1' })] },
    ['Insufficient cpu'],
  ],
  [
    'one resource cpu fits',
    { cpu: '5m', memory: '19' },
    { containers: [container({ cpu: '1m', memory: '2' })] },
    ['Insufficient memory'],
  ],
  [
    'equal edge case',
    { cpu: '5m', memory: '19' },
    { containers: [container({ cpu: '4m', memory: '1' })] },
    [],
  ],
  [
    'init container is the maximum, not the sum',
    { cpu: '9m', memory: '19' },
    { initContainers: [container({ cpu: '1m', memory: '1' }), container({ cpu: '1m', memory: '1' })] },
    [],
  ],
  [
    'init container larger than the node has',
    { cpu: '8m', memory: '19' },
    {
      containers: [container({ cpu: '1m', memory: '1' })],
      initContainers: [container({ cpu: '3m', memory: '1' })],
    },
    ['Insufficient cpu'],
  ],
  [
    'extended resource fits',
    { 'example.com/foo': '2' },
    { containers: [container({ 'example.com/foo': '3' })] },
    [],
  ],
  [
    'extended resource over two containers',
    { 'example.com/foo': '2' },
    { containers: [container({ 'example.com/foo': '3' }), container({ 'example.com/foo': '3' })] },
    ['Insufficient example.com/foo'],
  ],
  [
    'extended resource of two init containers',
    { 'example.com/foo': '2' },
    { initContainers: [container({ 'example.com/foo': '3' }), container({ 'example.com/foo': '3' })] },
    [],
  ],
  [
    'unknown extended resource',
    {},
    { containers: [container({ 'example.com/bar': '1' })] },
    ['Insufficient example.com/bar'],
  ],
  [
    'overhead counts',
    { cpu: '5m' },
    { containers: [container({ cpu: '3m' })], overhead: { cpu: '3m' } },
    ['Insufficient cpu'],
  ],
  [
    'pod-level requests replace the containers',
    { cpu: '5m' },
    { containers: [container({ cpu: '9m' })], resources: { requests: { cpu: '5m' } } },
    [],
  ],
];
for (const [name, used, spec, reasons] of fit) {
  test(`NodeResourcesFit: ${name}`, () => {
    const { engine, put, read } = cluster({
      name: 'n',
      allocatable: { cpu: '10m', memory: '20', pods: '32', 'example.com/foo': '5' },
    });
    put('old', 'n', {}, { containers: [container(used)] });
    assert.deepEqual(
      engine.explain(read(spec)).rejected.flatMap((rejection) => rejection.reasons),
      reasons,
    );
  });
}

test('NodeResourcesFit: a node that is full of pods is named so, also for a pod that asks for nothing', () => {
  const { engine, put, read } = cluster({ name: 'n', allocatable: { pods: '1' } });
  put('old', 'n', {});
  assert.equal(engine.explain(read({})).summary, '0/1 nodes are available: 1 Too many pods.');
});

test('NodeResourcesFit tells what is needed and what is free, and whether eviction could help', () => {
  const { engine, put, read } = cluster({ name: 'n', allocatable: { memory: '4Gi' } });
  put('old', 'n', {}, { containers: [container({ memory: '1536Mi' })] });
  const [small] = engine.explain(read({ containers: [container({ memory: '3Gi' })] })).rejected;
  assert.deepEqual(small?.details, [
    {
      kind: 'resource',
      resource: 'memory',
      needed: 3 * 2 ** 30,
      free: 2.5 * 2 ** 30,
      allocatable: 4 * 2 ** 30,
    },
  ]);
  assert.equal(small.preemptible, true);
  const [large] = engine.explain(read({ containers: [container({ memory: '5Gi' })] })).rejected;
  assert.equal(large?.preemptible, false);
});

const dedicated: Taint = { key: 'dedicated', value: 'user1', effect: 'NoSchedule' };
const tolerations: [string, Taint[], Toleration[], boolean][] = [
  ['no toleration', [dedicated], [], false],
  ['the same', [dedicated], [{ key: 'dedicated', value: 'user1', effect: 'NoSchedule' }], true],
  [
    'another value',
    [dedicated],
    [{ key: 'dedicated', operator: 'Equal', value: 'user2', effect: 'NoSchedule' }],
    false,
  ],
  [
    'Exists',
    [{ key: 'foo', value: 'bar', effect: 'NoSchedule' }],
    [{ key: 'foo', operator: 'Exists', effect: 'NoSchedule' }],
    true,
  ],
  [
    'another effect',
    [{ key: 'foo', value: 'bar', effect: 'NoSchedule' }],
    [{ key: 'foo', value: 'bar', effect: 'PreferNoSchedule' }],
    false,
  ],
  [
    'no effect stands for all',
    [{ key: 'foo', value: 'bar', effect: 'NoExecute' }],
    [{ key: 'foo', value: 'bar' }],
    true,
  ],
  ['PreferNoSchedule keeps nobody away', [{ ...dedicated, effect: 'PreferNoSchedule' }], [], true],
];
for (const [name, taints, given, suits] of tolerations) {
  test(`TaintToleration: ${name}`, () => {
    const { engine, read } = cluster({ name: 'n', taints });
    assert.equal(engine.feasibleNodes(read({ tolerations: given })).length === 1, suits);
  });
}

test('NodeUnschedulable passes a pod that tolerates it', () => {
  const { engine, read } = cluster({ name: 'n', unschedulable: true });
  assert.equal(engine.explain(read({})).summary, '0/1 nodes are available: 1 node(s) were unschedulable.');
  const key = 'node.kubernetes.io/unschedulable';
  assert.deepEqual(engine.feasibleNodes(read({ tolerations: [{ key, effect: 'NoSchedule' }] })), ['n']);
});

const ports: [string, [string, string, number], [string, string, number], boolean][] = [
  ['same port', ['', 'TCP', 80], ['', 'TCP', 80], false],
  ['other protocol', ['', 'TCP', 80], ['', 'UDP', 80], true],
  ['other address', ['127.0.0.1', 'TCP', 80], ['127.0.0.2', 'TCP', 80], true],
  ['any address against one', ['127.0.0.1', 'TCP', 80], ['0.0.0.0', 'TCP', 80], false],
  ['one against any address', ['', 'TCP', 80], ['10.0.0.1', 'TCP', 80], false],
];
for (const [name, used, wanted, suits] of ports) {
  test(`NodePorts: ${name}`, () => {
    const withPort = ([hostIP, protocol, hostPort]: [string, string, number]): Partial<PodSpec> => ({
      containers: [{ name: 'c', ports: [{ containerPort: 1, hostIP, protocol, hostPort }] }],
    });
    const { engine, put, read } = cluster({ name: 'n' });
    put('old', 'n', {}, withPort(used));
    assert.equal(engine.feasibleNodes(read(withPort(wanted))).length === 1, suits);
  });
}

const near = (app: string, topologyKey: string): PodAffinityTerm => ({
  topologyKey,
  labelSelector: { matchLabels: { app } },
});
const requires = (
  kind: 'podAffinity' | 'podAntiAffinity',
  ...terms: PodAffinityTerm[]
): Partial<PodSpec> => ({
  affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const zones = [
  { name: 'a', labels: { zone: 'z1', host: 'a' } },
  { name: 'b', labels: { zone: 'z1', host: 'b' } },
  { name: 'x', labels: { zone: 'z2', host: 'x' } },
  { name: 'none', labels: { host: 'none' } },
];

test('InterPodAffinity: required affinity holds by domain, and the key must be there', () => {
  const { engine, put, read } = cluster(...zones);
  put('db', 'a', { app: 'db' });
  assert.deepEqual(engine.feasibleNodes(read(requires('podAffinity', near('db', 'zone')))), ['a', 'b']);
  assert.deepEqual(
    engine.feasibleNodes(read(requires('podAffinity', near('db', 'zone'), near('db', 'host')))),
    ['a'],
  );
});

test('InterPodAffinity: the first pod of a series may go anywhere that has the key', () => {
  const { engine, put, read } = cluster(...zones);
  const self = requires('podAffinity', near('web', 'zone'));
  assert.deepEqual(engine.feasibleNodes(read(self, { app: 'web' })), ['a', 'b', 'x']);
  assert.deepEqual(engine.feasibleNodes(read(self, { app: 'other' })), []);
  put('first', 'x', { app: 'web' });
  assert.deepEqual(engine.feasibleNodes(read(self, { app: 'web' })), ['x']);
});

test('InterPodAffinity: anti-affinity of pods on nodes keeps others away', () => {
  const { engine, put, read } = cluster(...zones);
  put('shy', 'a', { app: 'shy' }, requires('podAntiAffinity', near('web', 'zone')));
  const pod = read({}, { app: 'web' });
  assert.deepEqual(engine.feasibleNodes(pod), ['x', 'none']);
  assert.deepEqual(engine.explain(pod).rejected[0]?.reasons, [
    "node(s) didn't satisfy existing pods anti-affinity rules",
  ]);
});

test('InterPodAffinity: required affinity of pods on nodes attracts those that it means', () => {
  const { engine, put, read } = cluster(...zones.slice(0, 3));
  put('fan', 'x', { app: 'fan', 'is-fan': 'yes' }, requires('podAffinity', { ...near('star', 'zone') }));
  const scores = engine
    .explain(read({}, { app: 'star' }))
    .feasible.map(({ node, scores }) => [
      node,
      scores.find(({ plugin }) => plugin === 'InterPodAffinity')?.normalised,
    ]);
  assert.deepEqual(Object.fromEntries(scores), { a: 0, b: 0, x: 100 });
});

const spreadBy = (constraint: Partial<TopologySpreadConstraint>): Partial<PodSpec> => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app: 'w' } },
      ...constraint,
    },
  ],
});
const spreads: [string, Partial<PodSpec>, string[]][] = [
  ['the least domain takes the next', spreadBy({}), ['x']],
  ['a larger skew is allowed', spreadBy({ maxSkew: 3 }), ['a', 'b', 'x']],
  ['too few domains count as an empty one', spreadBy({ minDomains: 3 }), ['x']],
  ['by host', spreadBy({ topologyKey: 'host' }), ['b', 'x', 'none']],
  [
    'only nodes that node affinity allows count',
    { ...spreadBy({}), nodeSelector: { zone: 'z1' } },
    ['a', 'b'],
  ],
  [
    'unless it is ignored',
    { ...spreadBy({ nodeAffinityPolicy: 'Ignore' }), nodeSelector: { zone: 'z1' } },
    [],
  ],
  ['the empty selector counts no pods', spreadBy({ labelSelector: {} }), ['a', 'b', 'x']],
];
for (const [name, spec, nodes] of spreads) {
  test(`PodTopologySpread: ${name}`, () => {
    const { engine, put, read } = cluster(...zones);
    put('w1', 'a', { app: 'w' });
    put('w2', 'a', { app: 'w' });
    assert.deepEqual(engine.feasibleNodes(read(spec, { app: 'w' })), nodes);
  });
}

test('LeastAllocated and MostAllocated of the fit tests', () => {
  const { engine, read } = cluster(
    { name: 'small', allocatable: { cpu: '4', memory: '10000' } },
    { name: 'large', allocatable: { cpu: '6', memory: '10000' } },
  );
  const pod = read({ containers: [container({ cpu: '3', memory: '5000' })] });
  const scores = engine
    .explain(pod)
    .feasible.map(({ node, scores }) => [
      node,
      scores.find(({ plugin }) => plugin === 'NodeResourcesFit')?.raw,
    ]);
  assert.deepEqual(Object.fromEntries(scores), { small: 37, large: 50 });
});

test('RequestedToCapacityRatio follows its broken line', () => {
  const line = interpolated([
    { utilization: 0, score: 0 },
    { utilization: 50, score: 10 },
    { utilization: 100, score: 5 },
  ]);
  assert.deepEqual([0, 25, 50, 75, 100].map(line), [0, 50, 100, 75, 50]);
});

const images: [number, number][] = [
  [10, 0],
  [250, 23],
];
for (const [sizeMib, score] of images) {
  test(`ImageLocality scores an image of ${sizeMib} MiB on every node ${score}`, () => {
    const snapshot = new ClusterSnapshot();
    snapshot.addNode({
      metadata: { name: 'n' },
      status: {
        allocatable: { pods: '10' },
        images: [{ names: ['app:latest'], sizeBytes: sizeMib * 2 ** 20 }],
      },
    });
    const pod: Pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'app' }] } };
    const [node] = new SchedulingEngine(snapshot).explain(snapshot.readPod(pod)).feasible;
    assert.equal(node?.scores.find(({ plugin }) => plugin === 'ImageLocality')?.raw, score);
  });
}
