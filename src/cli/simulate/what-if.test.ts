import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ClusterObject } from '../../scheduler/simulate/cluster-objects.ts';
import { readObjects } from './read-objects.ts';
import { applyWhatIf } from './what-if.ts';

const OBJECTS: readonly ClusterObject[] = readObjects(
  `
apiVersion: v1
kind: Node
metadata: { name: ip-10.internal }
status: { allocatable: { memory: 1Gi } }
---
apiVersion: v1
kind: Pod
metadata: { name: p, namespace: other }
spec: { containers: [{ name: c }] }
`,
  'f',
);

test('an expression changes one field, of names with dots too, or takes an object away', async () => {
  const [node] = await applyWhatIf(OBJECTS, 'node/ip-10.internal.status.allocatable.memory=4Gi');
  assert.deepEqual(node?.kind === 'Node' && node.object.status?.allocatable, { memory: '4Gi' });
  const [, pod] = await applyWhatIf(OBJECTS, 'pod/other/p.spec.priority=5');
  assert.equal(pod?.kind === 'Pod' && pod.object.spec?.priority, 5);
  assert.equal((await applyWhatIf(OBJECTS, 'Node/ip-10.internal=null')).length, 1);
});

test('what is wrong with an expression is told', async () => {
  const cases: [string, RegExp][] = [
    ['gadget/x.a=1', /there is no kind "gadget"/],
    ['node/none.spec=1', /there is no Node that "none.spec" begins with/],
    ['pod/p.spec.priority=5', /there is no Pod/],
    ['node/ip-10.internal.spec.colour=red', /unknown field "spec.colour"/],
    ['no-such-file.yaml', /cannot read no-such-file.yaml/],
  ];
  for (const [text, message] of cases) await assert.rejects(applyWhatIf(OBJECTS, text), { message });
});

test('a file holds patches', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'what-if-'));
  const file = join(directory, 'patch.yaml');
  await writeFile(
    file,
    'kind: Node\nmetadata: { name: ip-10.internal }\nspec: { unschedulable: true }\n---\nkind: Pod\nmetadata: { name: p, namespace: other, labels: { a: b } }\n',
  );
  const [node, pod] = await applyWhatIf(OBJECTS, file);
  assert.equal(node?.kind === 'Node' && node.object.spec?.unschedulable, true);
  assert.deepEqual(pod?.object.metadata, { name: 'p', namespace: 'other', labels: { a: 'b' } });
  await writeFile(file, 'kind: Node');
  await assert.rejects(applyWhatIf(OBJECTS, file), {
    message: /patch.yaml: document 1: metadata.name: Required value/,
  });
  await rm(directory, { recursive: true });
});
