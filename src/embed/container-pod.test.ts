import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containerPod } from './container-pod.ts';

test('a pod of one container is named after its image, or as told', () => {
  for (const [image, prefix] of [
    ['docker.io/library/nginx:1.27', 'nginx-'],
    ['registry:5000/Web_App@sha256:abc', 'web-app-'],
    ['___', 'pod-'],
  ] as const)
    assert.equal(containerPod(image, {}).metadata?.generateName, prefix);
  const { metadata, spec } = containerPod('a:1', { name: 'x', command: ['run'], env: { A: '1' } });
  assert.deepEqual(metadata, { name: 'x' });
  assert.deepEqual(spec?.containers, [
    { name: 'main', image: 'a:1', command: ['run'], env: [{ name: 'A', value: '1' }] },
  ]);
});
