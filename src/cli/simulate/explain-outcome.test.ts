import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCluster } from '../../scheduler/simulate/load-cluster.ts';
import { simulate } from '../../scheduler/simulate/simulate.ts';
import { type ExplainedOutcome, OutcomeExplainer } from './explain-outcome.ts';
import { readObjects } from './read-objects.ts';
import { renderExplanation } from './render-explanation.ts';

const NODES = `
kind: Node
apiVersion: v1
metadata: { name: a, labels: { zone: x } }
status: { allocatable: { cpu: "4", memory: 2Gi, pods: "10" } }
---
kind: Node
apiVersion: v1
metadata: { name: b, labels: { zone: y } }
status: { allocatable: { cpu: "4", memory: 2Gi, pods: "10" } }
---
`;

function gangOf(count: number, more = ''): string {
  const pods = Array.from(
    { length: count },
    (_, index) => `
kind: Pod
apiVersion: v1
metadata: { name: p-${index} }
spec:
  schedulingGroup: { podGroupName: g }
  containers: [{ name: c, resources: { requests: { memory: 1Gi } } }]
`,
  );
  const group = `
kind: PodGroup
apiVersion: scheduling.k8s.io/v1beta1
metadata: { name: g }
spec: { schedulingPolicy: { gang: { minCount: ${count} } }${more} }
`;
  return `${NODES}${[group, ...pods].join('---')}`;
}

function explain(text: string, ...names: string[]): ExplainedOutcome[] {
  const cluster = loadCluster(readObjects(text, 'test'));
  const explainer = new OutcomeExplainer(cluster, names);
  return explainer.explained(simulate(cluster, explainer.onlooker));
}

const plain = { style: (_: string, text: string): string => text };

test('a gang that waits tells how many find a place, and what would let it start', () => {
  const [found] = explain(gangOf(6), 'p-0');
  assert.equal(found?.gang?.text, 'gang default/g: 6 pods needed together, 4 find a place');
  assert.deepEqual(
    found.gang.changes.map(({ text }) => text),
    ['set minCount of PodGroup default/g to 4', 'add a node like a'],
  );
  assert.match(
    renderExplanation(found.explanation, plain, found.gang),
    /stays Pending\n {2}gang default\/g: 6 pods/,
  );
});

test('a topology that holds a gang apart from its nodes may be dropped', () => {
  const [found] = explain(gangOf(4, ', schedulingConstraints: { topology: [{ key: zone }] }'), 'default/p-1');
  assert.ok(found?.gang?.changes.some(({ text }) => text === 'drop the topology zone of PodGroup default/g'));
});

test('a member that is placed is told with its node; pods are explained as they were decided', () => {
  const pod = (name: string) => `
---
kind: Pod
apiVersion: v1
metadata: { name: ${name} }
spec: { containers: [{ name: c, resources: { requests: { memory: 2Gi } } }] }`;
  const [member] = explain(gangOf(2), 'p-1');
  assert.equal(member?.explanation.outcome, 'placed');
  assert.match(member?.explanation.why ?? '', /together with the gang default\/g/);
  const [first, third] = explain(`${NODES}${pod('one')}${pod('two')}${pod('three')}`, 'one', 'three');
  assert.equal(first?.explanation.nodes.filter(({ fits }) => fits).length, 2);
  assert.equal(third?.explanation.outcome, 'pending');
  assert.match(
    renderExplanation(third.explanation, plain),
    /✗ a {2}NodeResourcesFit: needs 2Gi memory, 0 free of 2Gi/,
  );
});

test('who does not wait for a node is not known', () => {
  assert.throws(() => explain(NODES, 'nobody'), { code: 'NotFound', message: /pod "nobody"/ });
});
