import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node, Pod, PodSpec } from '../../model/api/types.ts';
import { podRefusal } from './pod-refusal.ts';

const NODE: Node = {
  metadata: { name: 'n', labels: { disk: 'ssd' } },
  spec: { taints: [{ key: 'gone', effect: 'NoExecute' }] },
  status: { allocatable: { cpu: '4', memory: '1Gi', pods: '3', 'example.com/gpu': '1' } },
};
const TOLERATIONS = [{ operator: 'Exists' }];

function pod(requests: Record<string, string>, more: Partial<PodSpec> = {}): Pod {
  return {
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', resources: { requests } }], tolerations: TOLERATIONS, ...more },
  };
}

test('a pod that fits is taken', () => {
  assert.equal(podRefusal(pod({ cpu: '3', memory: '1Gi' }), [pod({ cpu: '1' })], NODE), undefined);
  assert.equal(podRefusal(pod({ cpu: '99' }), [], { metadata: { name: 'new' } }), undefined);
});

test('what there is not enough of is named', () => {
  const cases = [
    [pod({ cpu: '3500m' }), 'OutOfcpu', 'cpu, requested: 3500, used: 1000, capacity: 4000'],
    [pod({ memory: '2Gi' }), 'OutOfmemory', 'memory, requested: 2147483648, used: 0, capacity: 1073741824'],
    [
      pod({ 'example.com/gpu': '2' }),
      'OutOfexample.com/gpu',
      'example.com/gpu, requested: 2, used: 0, capacity: 1',
    ],
  ] as const;
  for (const [wanted, reason, text] of cases) {
    const message = `Node didn't have enough resource: ${text}`;
    assert.deepEqual(podRefusal(wanted, [pod({ cpu: '1' })], NODE), { reason, message });
  }
  const others = [pod({}), pod({}), pod({})];
  assert.deepEqual(podRefusal(pod({}), others, NODE), {
    reason: 'OutOfpods',
    message: "Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
  });
});

test('selectors, ports, taints and other systems are minded', () => {
  const port = (hostIP: string): Partial<PodSpec> => ({
    containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 80, hostIP }] }],
  });
  const cases: [Partial<PodSpec>, string | undefined][] = [
    [
      { nodeSelector: { disk: 'hdd' } },
      "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
    ],
    [{ nodeSelector: { disk: 'ssd' } }, undefined],
    [
      port('10.0.0.1'),
      "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
    ],
    [port('10.0.0.2'), undefined],
    [
      { tolerations: [] },
      "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
    ],
    [{ os: { name: 'windows' } }, "Failed to admit pod as the OS field doesn't match node OS"],
  ];
  const taken = pod({}, port('10.0.0.1'));
  for (const [more, message] of cases)
    assert.equal(podRefusal(pod({}, more), [taken], NODE)?.message, message);
  const file = { metadata: { annotations: { 'kubernetes.io/config.source': 'file' } } };
  assert.equal(podRefusal({ ...pod({}, { tolerations: [] }), ...file }, [], NODE), undefined);
});
