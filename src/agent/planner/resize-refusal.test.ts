import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../model/api/types.ts';
import { resizeRefusal } from './resize-refusal.ts';

const NODE = { milliCpu: 4000, memoryBytes: 1024 ** 3 };

function pod(cpu: string, memory = '100Mi'): Pod {
  return { spec: { containers: [{ name: 'main', resources: { requests: { cpu, memory } } }] } };
}

test('a resize that fits beside the others is granted', () => {
  assert.equal(resizeRefusal(pod('3'), [pod('1')], NODE), undefined);
});

test('a resize waits for others, and never comes when the node is too small', () => {
  const cases = [
    [
      pod('3500m'),
      'Deferred',
      "Node didn't have enough resource: cpu, requested: 3500, used: 1000, capacity: 4000",
    ],
    [
      pod('1', '1000Mi'),
      'Deferred',
      "Node didn't have enough resource: memory, requested: 1048576000, used: 104857600, capacity: 1073741824",
    ],
    [pod('5'), 'Infeasible', "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000"],
    [
      pod('5', '2Gi'),
      'Infeasible',
      "Node didn't have enough capacity: memory, requested: 2147483648, capacity: 1073741824",
    ],
  ] as const;
  for (const [wanted, reason, message] of cases)
    assert.deepEqual(resizeRefusal(wanted, [pod('1')], NODE), { reason, message });
});

test('what another pod waits for is not taken yet', () => {
  const waiting: Pod = {
    ...pod('4'),
    status: {
      conditions: [{ type: 'PodResizePending', status: 'True', reason: 'Deferred' }],
      containerStatuses: [
        {
          name: 'main',
          image: '',
          imageID: '',
          ready: true,
          restartCount: 0,
          resources: { requests: { cpu: '1', memory: '100Mi' } },
          allocatedResources: { cpu: '1', memory: '100Mi' },
        },
      ],
    },
  };
  assert.equal(resizeRefusal(pod('3'), [waiting], NODE), undefined);
});
