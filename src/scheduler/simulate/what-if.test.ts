import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Pod } from '../../model/api/types.ts';
import { addNodes } from './add-nodes.ts';
import { changeObjects, fieldPatch, mergePatch } from './change-objects.ts';
import type { ClusterKind, ClusterKinds, ClusterObject } from './cluster-objects.ts';
import { countFits } from './count-fits.ts';
import { drainNodes } from './drain-nodes.ts';
import { loadCluster } from './load-cluster.ts';
import { simulate, type SimulationResult } from './simulate.ts';

function object<Kind extends ClusterKind>(kind: Kind, value: ClusterKinds[Kind]): ClusterObject {
  return { kind, object: value, origin: 'test' } as ClusterObject;
}

function node(name: string, memory: string, cpu = '4'): ClusterObject {
  const labels = { 'kubernetes.io/hostname': name };
  return object('Node', { metadata: { name, labels }, status: { allocatable: { cpu, memory, pods: '20' } } });
}

function pod(name: string, memory: string, nodeName?: string, metadata: Pod['metadata'] = {}): ClusterObject {
  const containers = [{ name: 'c', resources: { requests: { memory } } }];
  return object('Pod', {
    metadata: { name, ...metadata },
    spec: { containers, ...(nodeName && { nodeName }) },
  });
}

function run(objects: readonly ClusterObject[]): SimulationResult {
  return simulate(loadCluster(objects));
}

function nodesOf({ pods }: SimulationResult): Record<string, string | undefined> {
  return Object.fromEntries(
    pods.map((outcome) => [outcome.pod.name, outcome.outcome === 'placed' ? outcome.node : undefined]),
  );
}

test('a drained node loses its pods to others, but for those of DaemonSets, and takes none', () => {
  const daemon = [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'd', controller: true }];
  const budget = object('PodDisruptionBudget', {
    metadata: { name: 'keep' },
    spec: { selector: { matchLabels: { app: 'a' } } },
    status: { disruptionsAllowed: 0 },
  });
  const objects = [
    node('a', '8Gi'),
    node('b', '2Gi'),
    pod('moves', '1Gi', 'a', { labels: { app: 'a' } }),
    pod('daemon', '1Gi', 'a', { ownerReferences: daemon }),
    pod('new', '1Gi'),
    budget,
  ];
  const { objects: drained, warnings } = drainNodes(objects, ['a']);
  assert.deepEqual(nodesOf(run(drained)), { moves: 'b', new: 'b' });
  assert.match(warnings.join(), /^PodDisruptionBudget default\/keep allows 0 evictions, draining takes 1/);
  assert.throws(() => drainNodes(objects, ['c']), { code: 'NotFound', message: /cannot drain node "c"/ });
});

test('nodes are added like the largest, or like the one that is named', () => {
  const objects = [node('a', '1Gi'), node('b', '4Gi'), ...['p', 'q'].map((name) => pod(name, '4Gi'))];
  assert.deepEqual(Object.values(nodesOf(run(objects))).filter(Boolean), ['b']);
  assert.deepEqual(
    new Set(Object.values(nodesOf(run(addNodes(objects, 1, undefined))))),
    new Set(['added-1', 'b']),
  );
  assert.deepEqual(Object.values(nodesOf(run(addNodes(objects, 1, 'a')))).filter(Boolean), ['b']);
  assert.throws(() => addNodes(objects, 1, 'c'), { code: 'NotFound' });
  assert.throws(() => addNodes([], 1, undefined), { code: 'NotFound' });
});

test('a field is changed in the type that it has', () => {
  const node = { metadata: { name: 'n' }, spec: { taints: [{ key: 'a' }, { key: 'b' }] } };
  const patch = (path: string, text: string): unknown =>
    mergePatch(
      node,
      fieldPatch(node, 'Node', path, text, (source) => JSON.parse(source) as unknown),
    );
  assert.deepEqual(patch('status.allocatable.cpu', '4'), { ...node, status: { allocatable: { cpu: '4' } } });
  assert.deepEqual(patch('metadata.labels[a.b/c]', '5'), {
    ...node,
    metadata: { name: 'n', labels: { 'a.b/c': '5' } },
  });
  assert.deepEqual(patch('spec.unschedulable', 'true'), {
    ...node,
    spec: { ...node.spec, unschedulable: true },
  });
  assert.deepEqual(patch('spec.taints[0]', 'null'), { ...node, spec: { taints: [{ key: 'b' }] } });
  assert.deepEqual(patch('spec.taints[1].effect', 'NoSchedule'), {
    ...node,
    spec: { taints: [{ key: 'a' }, { key: 'b', effect: 'NoSchedule' }] },
  });
  assert.deepEqual(patch('spec', ''), { metadata: { name: 'n' } });
  assert.throws(() => patch('spec.taint', 'x'), { code: 'Invalid', message: 'unknown field "spec.taint"' });
});

test('an object is changed or taken away, and must be there', () => {
  const objects = [node('a', '1Gi'), node('b', '1Gi')];
  const change = { origin: 'o', kind: 'Node', namespace: undefined, name: 'a' } as const;
  assert.equal(changeObjects(objects, { ...change, patch: null }).length, 1);
  assert.throws(() => changeObjects(objects, { ...change, name: 'c', patch: null }), { code: 'NotFound' });
});

test('so many copies fit as there is room for in the scarcest resource', () => {
  const size = fc.integer({ min: 0, max: 40 });
  fc.assert(
    fc.property(
      fc.array(size, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 10 }),
      (sizes, wanted) => {
        const result = run([
          ...sizes.map((memory, index) => node(`n${index}`, `${memory}Mi`)),
          pod('p', `${wanted}Mi`),
        ]);
        const room = sizes.reduce((sum, memory) => sum + Math.min(20, Math.floor(memory / wanted)), 0);
        const placed = result.pods[0]?.outcome === 'placed' ? 1 : 0;
        const before = result.cluster.snapshot.podCount;
        const [fit] = countFits(result);
        assert.equal(fit?.copies, room - placed);
        assert.equal(result.cluster.snapshot.podCount, before);
        assert.ok(fit.limits.reduce((sum, { nodes }) => sum + nodes, 0) === sizes.length);
      },
    ),
    { numRuns: 100 },
  );
});
