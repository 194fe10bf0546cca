import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMirrorPod, MIRROR_POD, uidOnNode } from './mirror-pod.ts';

test('a node knows a pod by its own uid, and what a mirror shows by the one that the mirror names', () => {
  const pod = { metadata: { uid: 'u1', annotations: { other: 'x' } } };
  const mirror = { metadata: { uid: 'u2', annotations: { [MIRROR_POD]: 'hash' } } };
  assert.deepEqual([isMirrorPod(pod), uidOnNode(pod)], [false, 'u1']);
  assert.deepEqual([isMirrorPod(mirror), uidOnNode(mirror)], [true, 'hash']);
  assert.deepEqual([isMirrorPod({}), uidOnNode({})], [false, '']);
});
