import assert from 'node:assert/strict';
import test from 'node:test';
import { explainField } from './explain-field.ts';

test('a field is explained with its type, its description and its verdict', async () => {
  const field = await explainField('pod.spec.restartPolicy');
  assert.equal(field.kind, 'Pod');
  assert.equal(field.type, 'string');
  assert.match(field.description, /Restart policy for all containers within the pod/);
  assert.deepEqual(field.verdict, { kind: 'honoured' });
  assert.deepEqual(field.fields, []);
});

test('lists are looked into, with or without index', async () => {
  const one = await explainField('pods.spec.containers[0].env.valueFrom');
  assert.equal(one.path, 'spec.containers.env.valueFrom');
  assert.equal(one.fields.find(({ name }) => name === 'fileKeyRef')?.verdict?.kind, 'refused');
  assert.equal((await explainField('pod.spec.containers')).type, '[]Container');
});

test('the kind itself and other kinds are explained, without verdict', async () => {
  assert.deepEqual((await explainField('configmap')).fields.map(({ name }) => name).slice(0, 3), [
    'apiVersion',
    'binaryData',
    'data',
  ]);
  assert.equal((await explainField('Deployment.spec.replicas')).verdict, undefined);
});

test('what there is not is told with what was meant', async () => {
  await assert.rejects(
    explainField('pod.spec.container'),
    /field "spec.container" does not exist in Pod, did you mean "containers"\?/,
  );
  await assert.rejects(explainField('pot'), /there is no kind "pot", did you mean "pod"\?/);
  await assert.rejects(explainField('pod.spec.hostname.x'), /field "spec.hostname.x" does not exist/);
});
