import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Node, Pod } from '../../model/api/types.ts';
import { SchedulingEngine } from './schedule-pod.ts';
import { ClusterSnapshot } from './snapshot.ts';
import { NAMESPACE_LABELS, nodeLists, podSequences } from './testing/arbitraries.ts';
import { describeSnapshot } from './testing/describe-snapshot.ts';

type Step =
  | { readonly kind: 'add-pod'; readonly pod: number; readonly node: number }
  | { readonly kind: 'remove-pod'; readonly pod: number }
  | { readonly kind: 'set-node' | 'remove-node'; readonly node: number };

const index = fc.nat({ max: 20 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('add-pod' as const), pod: index, node: index }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove-pod' as const), pod: index }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('set-node' as const), node: index }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove-node' as const), node: index }) },
  ),
  { maxLength: 30 },
);

/** Several versions of a few nodes. */
interface World {
  readonly versions: readonly Node[];
  readonly pods: readonly Pod[];
}

function take(snapshot: ClusterSnapshot, { versions, pods }: World, step: Step): void {
  const pod = 'pod' in step ? pods[step.pod % pods.length] : undefined;
  const node = 'node' in step ? versions[step.node % versions.length] : undefined;
  const name = node?.metadata?.name ?? '';
  const slot = snapshot.nodes.slotOf(name);
  if (step.kind === 'add-pod' && pod && slot !== undefined) {
    const info = snapshot.readPod(pod);
    if (snapshot.pod(info.key) === undefined) snapshot.place(info, slot);
  } else if (step.kind === 'remove-pod' && pod) {
    const info = snapshot.pod(snapshot.readPod(pod).key);
    if (info) snapshot.remove(info);
  } else if (step.kind === 'set-node' && node) {
    if (slot === undefined) snapshot.addNode(node);
    else snapshot.updateNode(node);
  } else if (step.kind === 'remove-node' && slot !== undefined) snapshot.removeNode(name);
}

const worlds = fc
  .tuple(nodeLists, nodeLists, podSequences)
  .map(([nodes, others, pods]): World => ({ versions: [...nodes, ...others], pods }));

function make({ pods }: World): ClusterSnapshot {
  const snapshot = new ClusterSnapshot();
  for (const [name, labels] of Object.entries(NAMESPACE_LABELS)) snapshot.setNamespace(name, labels);
  useAll(snapshot, pods);
  return snapshot;
}

/** Has every counter and column of the pods made. */
function useAll(snapshot: ClusterSnapshot, pods: readonly Pod[]): void {
  const engine = new SchedulingEngine(snapshot);
  for (const pod of pods) engine.decide(snapshot.readPod(pod));
}

/** Images are scored by columns that are made anew when the nodes' images change. */
function describe(snapshot: ClusterSnapshot): string {
  return JSON.stringify(describeSnapshot(snapshot), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const kept = Object.entries(value).filter(([key]) => !key.startsWith('images '));
    return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

test('the state kept up step by step equals the one built from scratch', () => {
  fc.assert(
    fc.property(worlds, steps, (world, steps) => {
      const kept = make(world);
      for (const step of steps) take(kept, world, step);
      useAll(kept, world.pods);
      const rebuilt = new ClusterSnapshot();
      for (const [name, labels] of Object.entries(NAMESPACE_LABELS)) rebuilt.setNamespace(name, labels);
      for (const slot of kept.nodes.live.subarray(0, kept.nodes.count)) {
        const { node } = kept.nodes.info(slot);
        rebuilt.addNode(node);
        for (const { pod } of kept.nodes.podsOn(slot)) {
          rebuilt.addPod({
            ...pod,
            spec: {
              ...pod.spec,
              containers: pod.spec?.containers ?? [],
              nodeName: node.metadata?.name ?? '',
            },
          });
        }
      }
      useAll(rebuilt, world.pods);
      assert.equal(describe(kept), describe(rebuilt));
    }),
    { numRuns: Number(process.env['SCHEDULER_RUNS'] ?? 200) },
  );
});

test('a transaction that is rolled back leaves nothing behind, also when nested', () => {
  fc.assert(
    fc.property(worlds, steps, steps, steps, (world, before, outer, inner) => {
      const snapshot = make(world);
      for (const step of before) take(snapshot, world, step);
      useAll(snapshot, world.pods);
      const atFirst = describe(snapshot);
      snapshot.attempt(() => {
        for (const step of outer) take(snapshot, world, step);
        const between = describe(snapshot);
        snapshot.attempt(() => {
          for (const step of inner) take(snapshot, world, step);
        });
        assert.equal(describe(snapshot), between);
        const mark = snapshot.begin();
        for (const step of inner) take(snapshot, world, step);
        snapshot.commit(mark);
      });
      assert.equal(describe(snapshot), atFirst);
    }),
    { numRuns: Number(process.env['SCHEDULER_RUNS'] ?? 200) },
  );
});

test('labels of a namespace that change are counted anew', () => {
  const snapshot = new ClusterSnapshot();
  const labels = { 'kubernetes.io/hostname': 'n' };
  snapshot.addNode({ metadata: { name: 'n', labels }, status: { allocatable: { cpu: '1', pods: '9' } } });
  const containers = [{ name: 'c' }];
  snapshot.addPod({ metadata: { name: 'a', namespace: 'x' }, spec: { containers, nodeName: 'n' } });
  const term = {
    topologyKey: 'kubernetes.io/hostname',
    labelSelector: {},
    namespaceSelector: { matchLabels: { team: 'red' } },
  };
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  const pod = snapshot.readPod({ metadata: { name: 'b' }, spec: { containers, affinity } });
  const engine = new SchedulingEngine(snapshot);
  assert.deepEqual(engine.feasibleNodes(pod), ['n']);
  snapshot.setNamespace('x', { team: 'red' });
  assert.deepEqual(engine.feasibleNodes(pod), []);
  snapshot.setNamespace('x', undefined);
  assert.deepEqual(engine.feasibleNodes(pod), ['n']);
});
