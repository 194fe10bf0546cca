import assert from 'node:assert/strict';
import test from 'node:test';
import type { NodeSelectorTerm } from './api/types.ts';
import { matchesNodeSelector, selectsNode } from './node-selector.ts';

const NODE = { metadata: { name: 'n1', labels: { zone: 'a', cpus: '8' } } };

const TERMS: [string, NodeSelectorTerm, boolean][] = [
  ['an empty term', {}, false],
  ['a label it has', { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }] }, true],
  ['a label it lacks', { matchExpressions: [{ key: 'gpu', operator: 'Exists' }] }, false],
  ['a label that it must lack', { matchExpressions: [{ key: 'gpu', operator: 'DoesNotExist' }] }, true],
  ['a number', { matchExpressions: [{ key: 'cpus', operator: 'Gt', values: ['4'] }] }, true],
  ['its name', { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }, true],
  ['another name', { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n2'] }] }, false],
  [
    'its name and a label it lacks',
    {
      matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }],
      matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }],
    },
    false,
  ],
];

for (const [name, term, expected] of TERMS)
  test(`a term with ${name} selects ${expected ? 'the node' : 'nothing'}`, () => {
    assert.equal(matchesNodeSelector({ nodeSelectorTerms: [term] }, NODE), expected);
  });

test('a pod takes a node that has both what its selector and what its affinity asks for', () => {
  const affinity = (key: string) => ({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'Exists' }] }],
      },
    },
  });
  const containers: never[] = [];
  assert.ok(selectsNode({ containers, nodeSelector: { zone: 'a' }, affinity: affinity('cpus') }, NODE));
  assert.ok(!selectsNode({ containers, nodeSelector: { zone: 'b' } }, NODE));
  assert.ok(!selectsNode({ containers, affinity: affinity('gpu') }, NODE));
});
