import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { Node, Pod } from '../../model/api/types.ts';
import { compileSelector } from './pod/label-selector.ts';
import { FieldErrors } from '../../model/field-error.ts';
import { defaultPlugins, profileOf, type Profile } from './profile.ts';
import { nodeResourcesFit } from './plugins/resources-fit.ts';
import { SchedulingEngine } from './schedule-pod.ts';
import { ClusterSnapshot } from './snapshot.ts';
import { NAMESPACE_LABELS, nodeLists, podSequences } from './testing/arbitraries.ts';
import { type FitStrategy, referenceFeasible, referenceScores } from './testing/reference.ts';
import type { PlacedPod, ReferenceCluster } from './testing/reference-cluster.ts';

const SERVICE = { matchLabels: { app: 'a' } };

function makeSnapshot(nodes: readonly Node[], withService: boolean): ClusterSnapshot {
  const snapshot = new ClusterSnapshot();
  for (const [name, labels] of Object.entries(NAMESPACE_LABELS)) snapshot.setNamespace(name, labels);
  if (withService) {
    const selector = compileSelector(SERVICE, 'spec.selector', new FieldErrors());
    snapshot.objects.spreadOwners.set('Service/default/a', { namespace: 'default', selector });
  }
  for (const node of nodes) snapshot.addNode(node);
  return snapshot;
}

const MOST: Profile = profileOf([
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

function checkSequence(
  nodes: Node[],
  pods: Pod[],
  withService: boolean,
  strategy: FitStrategy,
  seed: number,
): void {
  const snapshot = makeSnapshot(nodes, withService);
  const engine = new SchedulingEngine(snapshot, {
    seed,
    ...(strategy === 'MostAllocated' && { profiles: [MOST] }),
  });
  const placed: PlacedPod[] = [];
  const services = withService ? [SERVICE] : [];
  const cluster: ReferenceCluster = { nodes, placed, namespaces: NAMESPACE_LABELS, services };
  for (const pod of pods) {
    const info = snapshot.readPod(pod);
    const feasible = referenceFeasible(cluster, pod);
    const names = feasible.map(({ metadata }) => metadata?.name ?? '');
    assert.deepEqual(engine.feasibleNodes(info).sort(), names.toSorted(), 'the feasible nodes');
    const scores = referenceScores(cluster, pod, feasible, strategy);
    const decision = engine.decide(info);
    if (feasible.length === 0) {
      assert.equal(decision.outcome, 'refused');
      const rejected = decision.outcome === 'refused' ? decision.rejections : [];
      assert.equal(
        rejected.reduce((sum, { nodes }) => sum + nodes, 0),
        nodes.length,
      );
      assert.equal(engine.explain(info).rejected.length, nodes.length);
      continue;
    }
    assert.ok(decision.outcome === 'placed');
    const best = Math.max(...scores);
    assert.equal(decision.score, best, 'the best score');
    assert.equal(scores[names.indexOf(decision.node)], best, 'one of the best nodes');
    assert.equal(decision.ties, scores.filter((score) => score === best).length);
    assert.equal(decision.feasible, feasible.length);
    const explained = engine.explain(info).feasible;
    assert.deepEqual(
      Object.fromEntries(explained.map(({ node, total }) => [node, total])),
      Object.fromEntries(names.map((name, index) => [name, scores[index]])),
    );
    snapshot.place(info, snapshot.slotOf(decision.node));
    const node = nodes.find(({ metadata }) => metadata?.name === decision.node);
    if (node) placed.push({ pod, node });
  }
}

test('every pod of a sequence goes to one of the nodes that the reference thinks best', () => {
  const strategies = fc.constantFrom<FitStrategy>('LeastAllocated', 'MostAllocated');
  fc.assert(fc.property(nodeLists, podSequences, fc.boolean(), strategies, fc.nat(), checkSequence), {
    numRuns: Number(process.env['SCHEDULER_RUNS'] ?? 300),
  });
});

test('the same seed makes the same choices', () => {
  const nodes = Array.from(
    { length: 20 },
    (_, index): Node => ({
      metadata: { name: `node-${index}` },
      status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } },
    }),
  );
  const choices = (seed: number): string[] => {
    const snapshot = makeSnapshot(nodes, false);
    const engine = new SchedulingEngine(snapshot, { seed });
    return Array.from({ length: 30 }, (_, index) => {
      const pod = snapshot.readPod({
        metadata: { name: `p${index}` },
        spec: { containers: [{ name: 'c' }] },
      });
      const decision = engine.decide(pod);
      assert.ok(decision.outcome === 'placed');
      snapshot.place(pod, snapshot.slotOf(decision.node));
      return decision.node;
    });
  };
  assert.deepEqual(choices(7), choices(7));
  assert.notDeepEqual(choices(7), choices(8));
});
