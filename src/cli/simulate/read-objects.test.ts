import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDump, readObjects } from './read-objects.ts';

test('lists, several documents and kinds without consequence are read', () => {
  const text = `
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: Node, metadata: { name: a } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: c }
---
apiVersion: scheduling.x-k8s.io/v1alpha1
kind: PodGroup
metadata: { name: g }
spec: { minMember: 2 }
`;
  assert.deepEqual(
    readObjects(text, 'f.yaml').map(({ kind, origin }) => [kind, origin]),
    [
      ['Node', 'f.yaml:5:5'],
      ['PodGroup', 'f.yaml:11:1'],
    ],
  );
});

test('what is wrong is told with file, line and field', () => {
  const cases: [string, RegExp][] = [
    [
      'apiVersion: v1\nkind: Pod\nspec: { contaners: [] }',
      /^f:3:9: unknown field "spec.contaners".*containers/,
    ],
    ['apiVersion: v1\nkind: Nod', /^f:1:1: no matches for kind "Nod" in version "v1", did you mean "Node"/],
    ['apiVersion: v1\nkind: Deployment', /^f:1:1: no matches .* did you mean "apps\/v1"\?/],
    ['kind: Pod', /^f:1:1: apiVersion: Required value/],
    ['[1]', /^f:1:1: must be an object/],
    ['a: [', /^f:1:\d+: malformed YAML/],
  ];
  for (const [text, message] of cases)
    assert.throws(() => readObjects(text, 'f'), { code: 'Invalid', message });
});

test("a cluster's dump may hold fields and kinds that we do not know", () => {
  const dump = {
    kind: 'List',
    items: [
      { kind: 'Node', metadata: { name: 'a', creationTimestamp: null }, status: { fromTheFuture: 1 } },
      { kind: 'Gadget', metadata: { name: 'g' } },
    ],
  };
  assert.deepEqual(
    readDump(JSON.stringify(dump), 'd').map(({ kind, origin }) => [kind, origin]),
    [['Node', 'd: items[0]']],
  );
  assert.deepEqual(readDump(JSON.stringify(dump), 'd')[0]?.object.metadata, { name: 'a' });
  const list = { kind: 'PodList', items: [{ metadata: { name: 'p' } }] };
  assert.deepEqual(
    readDump(JSON.stringify(list), 'd').map(({ kind }) => kind),
    ['Pod'],
  );
  assert.throws(() => readDump('{', 'd'), { code: 'Invalid', message: /^d: / });
  assert.throws(() => readDump('{"kind":"List","items":[1]}', 'd'), {
    message: 'd: items[0]: must be an object',
  });
});
