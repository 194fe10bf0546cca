import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod, PodSpec } from '../../model/api/types.ts';
import { findPlace } from './find-place.ts';

const NODE: Node = {
  metadata: { name: 'here', labels: { 'kubernetes.io/hostname': 'here', disk: 'ssd' } },
  status: { allocatable: { cpu: '2', memory: '4Gi', pods: '3' } },
};

function pod(name: string, memory: string, spec: Partial<PodSpec> = {}, phase?: string): Pod {
  return {
    metadata: { name, uid: name },
    spec: { containers: [{ name: 'c', resources: { requests: { memory } } }], ...spec },
    ...(phase === undefined ? {} : { status: { phase } }),
  };
}

test('a pod is placed beside the others while there is room', () => {
  const others = [pod('a', '1Gi', { nodeName: 'here' }), pod('b', '2Gi', { nodeName: 'here' }, 'Running')];
  assert.deepEqual(findPlace(pod('new', '1Gi'), NODE, others), { found: true, node: 'here' });
});

test('what is short is told with numbers', () => {
  const others = [pod('a', '1536Mi', { nodeName: 'here' })];
  assert.deepEqual(findPlace(pod('new', '3Gi'), NODE, others), {
    found: false,
    summary: '0/1 nodes are available: 1 Insufficient memory.',
    numbers: ['needs 3Gi memory, 2.5Gi free of 4Gi'],
  });
});

test('pods that have ended, that wait, and that are elsewhere take no room', () => {
  const others = [
    pod('done', '4Gi', { nodeName: 'here' }, 'Succeeded'),
    pod('failed', '4Gi', { nodeName: 'here' }, 'Failed'),
    pod('waiting', '4Gi'),
    pod('elsewhere', '4Gi', { nodeName: 'there' }),
    pod('new', '4Gi', { nodeName: 'here' }),
  ];
  assert.equal(findPlace(pod('new', '4Gi'), NODE, others).found, true);
});

test('labels, node names, host ports and gates count too', () => {
  const web: Partial<PodSpec> = { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80 }] }] };
  const verdicts: [Pod, RegExp | true][] = [
    [pod('a', '1Gi', { nodeSelector: { disk: 'ssd' } }), true],
    [pod('b', '1Gi', { nodeSelector: { disk: 'hdd' } }), /didn't match Pod's node affinity\/selector/],
    [pod('c', '1Gi', { nodeName: 'there' }), /didn't match the requested node name/],
    [pod('d', '1Gi', web), /didn't have free ports/],
    [pod('e', '1Gi', { schedulingGates: [{ name: 'wait' }] }), /blocked due to non-empty scheduling gates/],
    [pod('f', '1Gi', { priorityClassName: 'unknown', schedulerName: 'mine' }), true],
    [pod('g', '1Gi', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] }), true],
  ];
  const others = [pod('web', '0', { ...web, nodeName: 'here' })];
  for (const [one, expected] of verdicts) {
    const place = findPlace(one, NODE, others);
    if (expected === true) assert.equal(place.found, true);
    else assert.match(place.found ? '' : place.summary, expected);
  }
});
