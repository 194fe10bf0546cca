import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Node, Pod } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';
import { podName } from '../engine/pod/pod-info.ts';
import { podSequences } from '../engine/testing/arbitraries.ts';
import type { ClusterKind, ClusterKinds, ClusterObject } from './cluster-objects.ts';
import { loadCluster, type LoadOptions } from './load-cluster.ts';
import { simulate, type SimulationResult } from './simulate.ts';

function object<Kind extends ClusterKind>(kind: Kind, value: ClusterKinds[Kind]): ClusterObject {
  return { kind, object: value, origin: 'test' } as ClusterObject;
}

function node(name: string, memory: string, more: Partial<Node> = {}): ClusterObject {
  const metadata = { name, labels: { 'kubernetes.io/hostname': name } };
  return object('Node', { metadata, status: { allocatable: { cpu: '4', memory, pods: '110' } }, ...more });
}

function spec(...memory: string[]): NonNullable<Pod['spec']> {
  return {
    containers: memory.map((amount, index) => ({
      name: `c${index}`,
      resources: { requests: { memory: amount } },
    })),
  };
}

function pod(name: string, podSpec = spec('1Gi'), metadata: Pod['metadata'] = {}): ClusterObject {
  return object('Pod', { metadata: { name, ...metadata }, spec: podSpec });
}

function run(objects: ClusterObject[], options: LoadOptions = {}): SimulationResult {
  return simulate(loadCluster(objects, options));
}

function nodesOf({ pods }: SimulationResult): Record<string, string | undefined> {
  return Object.fromEntries(
    pods.map((outcome) => [outcome.pod.name, outcome.outcome === 'placed' ? outcome.node : undefined]),
  );
}

test('controllers have as many pods as they lack', () => {
  const template = { metadata: { labels: { app: 'web' } }, spec: spec('1Gi') };
  const selector = { matchLabels: { app: 'web' } };
  const owner = (kind: string, name: string) => [
    { apiVersion: 'apps/v1', kind, name, uid: name, controller: true },
  ];
  const placed = { ...spec('1Gi'), nodeName: 'n' };
  const result = run([
    node('n', '64Gi'),
    object('Deployment', { metadata: { name: 'web' }, spec: { replicas: 3, selector, template } }),
    object('ReplicaSet', {
      metadata: { name: 'web-123', ownerReferences: owner('Deployment', 'web') },
      spec: { replicas: 3, selector, template },
    }),
    pod('web-123-a', placed, { ownerReferences: owner('ReplicaSet', 'web-123') }),
    object('StatefulSet', { metadata: { name: 'db' }, spec: { replicas: 2, selector, template } }),
    object('Job', { metadata: { name: 'job' }, spec: { parallelism: 5, completions: 2, template } }),
  ]);
  assert.deepEqual(Object.keys(nodesOf(result)), ['web-1', 'web-2', 'db-0', 'db-1', 'job-0', 'job-1']);
  assert.ok(result.pods.every(({ outcome }) => outcome === 'placed'));
});

test('a DaemonSet has a pod on each node that it may be on, cordoned ones too', () => {
  const template = { spec: { ...spec('1Gi'), nodeSelector: { disk: 'ssd' } } };
  const labels = { disk: 'ssd' };
  const result = run([
    node('hdd', '4Gi'),
    node('ssd', '4Gi', { metadata: { name: 'ssd', labels } }),
    node('cordoned', '4Gi', { metadata: { name: 'cordoned', labels }, spec: { unschedulable: true } }),
    node('tainted', '4Gi', {
      metadata: { name: 'tainted', labels },
      spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] },
    }),
    object('DaemonSet', { metadata: { name: 'd' }, spec: { selector: {}, template } }),
  ]);
  assert.deepEqual(nodesOf(result), { 'd-ssd': 'ssd', 'd-cordoned': 'cordoned' });
});

test('the more important pod goes first, and others make way for it', () => {
  const important = { ...spec('2Gi'), priority: 10 };
  const result = run([
    node('n', '2Gi'),
    pod('there', { ...spec('2Gi'), nodeName: 'n' }),
    pod('low'),
    pod('high', important),
  ]);
  assert.deepEqual(nodesOf(result), { low: undefined, high: 'n' });
  assert.deepEqual(
    result.evictions.map((eviction) => [eviction.pod.name, eviction.node, eviction.by]),
    [['there', 'n', 'default/high']],
  );
});

test('an evicted pod of a controller waits again', () => {
  const ownerReferences = [
    { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'r', controller: true },
  ];
  const result = run([
    node('a', '2Gi'),
    node('b', '1Gi', { spec: { taints: [{ key: 'x', effect: 'NoSchedule' }] } }),
    pod('r-1', { ...spec('1Gi'), nodeName: 'a', tolerations: [{ operator: 'Exists' }] }, { ownerReferences }),
    pod('high', { ...spec('2Gi'), priority: 10 }),
  ]);
  assert.deepEqual(nodesOf(result), { high: 'a', 'r-1': 'b' });
});

test('a gang is placed whole or not at all, and a pod whose PodGroup is not there waits', () => {
  const group = (name: string, minCount: number) =>
    object('PodGroup', {
      apiVersion: 'scheduling.k8s.io/v1beta1',
      kind: 'PodGroup',
      metadata: { name },
      spec: { schedulingPolicy: { gang: { minCount } } },
    } as ClusterKinds['PodGroup']);
  const member = (name: string, podGroupName: string) =>
    pod(name, { ...spec('1Gi'), schedulingGroup: { podGroupName } });
  const result = run([
    node('n', '3Gi'),
    group('large', 4),
    group('small', 2),
    ...['l1', 'l2', 'l3', 'l4'].map((name) => member(name, 'large')),
    ...['s1', 's2'].map((name) => member(name, 'small')),
    member('lost', 'nowhere'),
  ]);
  const nodes = nodesOf(result);
  assert.deepEqual(
    ['l1', 'l2', 'l3', 'l4', 'lost'].map((name) => nodes[name]),
    Array.from({ length: 5 }, () => undefined),
  );
  assert.deepEqual([nodes['s1'], nodes['s2']], ['n', 'n']);
});

test('bad input is told with where it stands and the field', () => {
  const bad = (...objects: ClusterObject[]) => {
    assert.throws(
      () => run([node('n', '1Gi'), ...objects]),
      (error) => isPeapodError(error) && error.message.startsWith('test: ') && /: \S+: /.test(error.message),
    );
  };
  bad(node('n', '1Gi'));
  bad(node('m', '-1Gi'));
  bad(pod('p', spec('1Gx')));
  bad(pod('p'), pod('p'));
  bad(pod('p', { ...spec('1'), priorityClassName: 'none' }));
  bad(object('Deployment', { metadata: { name: 'd' }, spec: { replicas: -1, selector: {}, template: {} } }));
  bad(object('PodGroup', { metadata: { name: 'g' } }));
});

test('whatever comes, no node holds more than it has', () => {
  fc.assert(
    fc.property(
      podSequences,
      fc.array(fc.constantFrom('1Gi', '2Gi', '4Gi'), { minLength: 1, maxLength: 4 }),
      fc.constantFrom<'pod' | 'container'>('pod', 'container'),
      (pods, sizes, strategy) => {
        const objects = [
          ...sizes.map((size, index) => node(`node-${index}`, size)),
          ...pods.map((value) => object('Pod', withPriority(value))),
        ];
        const result = run(objects, { strategy });
        assertNoOvercommitment(result);
      },
    ),
    { numRuns: 150 },
  );
});

/** So that preemption happens too. */
function withPriority(value: Pod): Pod {
  const { deletionTimestamp: _, ...metadata } = value.metadata ?? {};
  const priority = Number(metadata.name?.at(-1) ?? 0) % 3;
  return { metadata, spec: { ...(value.spec ?? { containers: [] }), priority } };
}

function assertNoOvercommitment({ cluster, pods }: SimulationResult): void {
  const { nodes } = cluster.snapshot;
  for (const slot of nodes.live.subarray(0, nodes.count)) {
    for (const [column, requested] of nodes.requested.entries()) {
      const allocatable = nodes.allocatable[column]?.[slot] ?? 0;
      assert.ok((requested[slot] ?? 0) <= allocatable, `${nodes.resources.nameOf(column)} on ${slot}`);
    }
  }
  for (const outcome of pods) {
    const there = cluster.snapshot.pod(outcome.pod.key);
    assert.equal(there !== undefined, outcome.outcome === 'placed', podName(outcome.pod));
  }
}

test('a pod whose containers all find a place one by one finds one as a whole', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 });
  const used = fc.array(fc.integer({ min: 0, max: 16 }), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(sizes, used, sizes, (free, taken, containers) => {
      const objects = [
        ...free.map((size, index) => node(`node-${index}`, `${size + (taken[index] ?? 0)}Gi`)),
        ...free.map((_, index) =>
          pod(`used-${index}`, { ...spec(`${taken[index]}Gi`), nodeName: `node-${index}` }),
        ),
        pod('p', spec(...containers.map((size) => `${size}Gi`))),
      ];
      const byContainer = run(objects, { strategy: 'container' });
      const whole = run(objects);
      const all = byContainer.pods.every(({ outcome }) => outcome === 'placed');
      if (all) assert.equal(whole.pods[0]?.outcome, 'placed');
    }),
    { numRuns: 300 },
  );
});

test('container by container, a pod gets stuck on the emptier node that has no room for all of them', () => {
  const objects = [
    node('node-1', '16Gi'),
    node('node-2', '2560Mi'),
    pod('there', { ...spec('13Gi'), nodeName: 'node-1' }),
    pod('p', spec('1Gi', '1Gi', '1Gi')),
  ];
  assert.deepEqual(nodesOf(run(objects)), { p: 'node-1' });
  assert.deepEqual(nodesOf(run(objects, { strategy: 'container' })), {
    'p/c0': 'node-2',
    'p/c1': 'node-2',
    'p/c2': undefined,
  });
});
