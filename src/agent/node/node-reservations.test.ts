import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evictionSettings } from '../eviction/eviction-settings.ts';
import {
  allocatableOf,
  checkReservations,
  limitsOfAllPods,
  type NodeReservations,
  withoutReserved,
} from './node-reservations.ts';

const CAPACITY = { cpu: '4', memory: '8Gi', 'ephemeral-storage': '100Gi', pods: '110' };
const NOTHING: NodeReservations = { kubeReserved: {}, systemReserved: {} };
const SOME: NodeReservations = {
  kubeReserved: { cpu: '100m', memory: '512Mi', pid: '1k' },
  systemReserved: { cpu: '0.4', memory: '0.5Gi', 'ephemeral-storage': '10Gi', pid: '500' },
};

test('pods may have what is neither reserved nor kept free by eviction', () => {
  assert.deepEqual(allocatableOf(CAPACITY, NOTHING, evictionSettings()), {
    cpu: '4',
    memory: '8092Mi',
    'ephemeral-storage': '90Gi',
    pods: '110',
  });
  const eviction = evictionSettings({ hard: { 'memory.available': '1Gi', 'nodefs.available': '5Gi' } });
  assert.deepEqual(allocatableOf(CAPACITY, SOME, eviction), {
    cpu: '3500m',
    memory: '6Gi',
    'ephemeral-storage': '85Gi',
    pods: '110',
  });
});

test('soft thresholds keep nothing from pods, huge pages take from memory, and nothing is less than nothing', () => {
  const soft = evictionSettings({ hard: {}, soft: { 'memory.available': '1Gi' } });
  assert.deepEqual(allocatableOf({ memory: '8Gi', 'hugepages-2Mi': '1Gi' }, NOTHING, soft), {
    memory: '7Gi',
    'hugepages-2Mi': '1Gi',
  });
  assert.equal(allocatableOf({ memory: '50Mi' }, NOTHING, evictionSettings())['memory'], '0');
});

test('the pods together are bounded by what is reserved, not by what eviction keeps free', () => {
  assert.deepEqual(limitsOfAllPods(CAPACITY, 32_768, SOME), {
    cpuShares: 3584,
    memoryLimitBytes: 7 * 2 ** 30,
    pidsLimit: 32_768 - 1500,
  });
  assert.equal(limitsOfAllPods(CAPACITY, 32_768, NOTHING), undefined);
  assert.equal(withoutReserved(CAPACITY, SOME)['memory'], '7Gi');
});

test('more than there is cannot be reserved', () => {
  checkReservations(CAPACITY, SOME);
  assert.throws(() => checkReservations(CAPACITY, { ...NOTHING, kubeReserved: { memory: '9Gi' } }), {
    code: 'Invalid',
    message: 'agent.kubeReserved and agent.systemReserved: Invalid value: 9Gi of memory: this node has 8Gi',
  });
});
