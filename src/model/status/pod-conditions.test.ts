import assert from 'node:assert/strict';
import test from 'node:test';
import type { ContainerStatus, Pod, PodCondition, PodSpec } from '../api/types.ts';
import { type ConditionFacts, podConditions } from './pod-conditions.ts';

const NOW = Date.parse('2026-01-01T12:00:00.500Z');

function status(name: string, more: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name, image: 'i', imageID: 'i', ready: false, restartCount: 0, state: { waiting: {} }, ...more };
}

function conditions(
  spec: Partial<PodSpec>,
  facts: Partial<ConditionFacts>,
  before: PodCondition[] = [],
): Record<string, PodCondition> {
  const pod: Pod = {
    metadata: { generation: 2 },
    spec: { containers: [{ name: 'a' }, { name: 'b' }], ...spec },
    status: { conditions: before },
  };
  const all = podConditions(pod, { phase: 'Running', statuses: [], sandboxReady: true, now: NOW, ...facts });
  return Object.fromEntries(all.map((one) => [one.type, one]));
}

function verdict(one: PodCondition | undefined): (string | undefined)[] {
  return [one?.status, one?.reason, one?.message];
}

test('a pod whose containers are all ready is ready', () => {
  const ready = { ready: true, state: { running: {} } };
  const made = conditions({}, { statuses: [status('a', ready), status('b', ready)] });
  assert.deepEqual(Object.keys(made), [
    'PodReadyToStartContainers',
    'Initialized',
    'Ready',
    'ContainersReady',
    'PodScheduled',
  ]);
  for (const one of Object.values(made)) {
    assert.deepEqual(one, {
      type: one.type,
      status: 'True',
      lastTransitionTime: '2026-01-01T12:00:00Z',
      observedGeneration: 2,
    });
  }
});

test('containers that are not ready, or not known, are named', () => {
  const made = conditions({}, { statuses: [status('a')] });
  const expected = [
    'False',
    'ContainersNotReady',
    'containers with unknown status: [b], containers with unready status: [a]',
  ];
  assert.deepEqual(verdict(made['ContainersReady']), expected);
  assert.deepEqual(verdict(made['Ready']), expected);
});

test('init containers that are not through are named', () => {
  const spec = { initContainers: [{ name: 'i' }, { name: 's', restartPolicy: 'Always' }] };
  const statuses = [
    status('i'),
    status('s', { started: false, state: { running: {} } }),
    status('a'),
    status('b'),
  ];
  const made = conditions(spec, { phase: 'Pending', statuses });
  assert.deepEqual(verdict(made['Initialized']), [
    'False',
    'ContainersNotInitialized',
    'containers with incomplete status: [i s]',
  ]);
  assert.match(made['ContainersReady']?.message ?? '', /\[s a b\]/);
});

test('a pod stays initialized when an init container is forgotten or a sidecar restarts', () => {
  const spec = { initContainers: [{ name: 's', restartPolicy: 'Always' }] };
  const statuses = [status('s', { started: false }), status('a', { state: { running: {} } }), status('b')];
  assert.equal(conditions(spec, { statuses })['Initialized']?.status, 'True');
});

test('a pod that ended says so', () => {
  const ended = { state: { terminated: { exitCode: 0 } } };
  const statuses = [status('a', ended), status('b', ended)];
  const succeeded = conditions({}, { phase: 'Succeeded', statuses, sandboxReady: false });
  assert.deepEqual(verdict(succeeded['Ready']), ['False', 'PodCompleted', undefined]);
  assert.deepEqual(verdict(succeeded['Initialized']), ['True', 'PodCompleted', undefined]);
  assert.deepEqual(verdict(succeeded['PodReadyToStartContainers']), ['False', undefined, undefined]);
  assert.deepEqual(verdict(conditions({}, { phase: 'Failed', statuses })['Ready']), [
    'False',
    'PodFailed',
    undefined,
  ]);
});

test('readiness gates hold a pod back, and their conditions are kept', () => {
  const ready = { ready: true, state: { running: {} } };
  const spec = { readinessGates: [{ conditionType: 'example.com/x' }, { conditionType: 'y' }] };
  const gate = { type: 'example.com/x', status: 'False' };
  const made = conditions(spec, { statuses: [status('a', ready), status('b', ready)] }, [gate]);
  assert.equal(made['ContainersReady']?.status, 'True');
  assert.deepEqual(verdict(made['Ready']), [
    'False',
    'ReadinessGatesNotReady',
    'the status of pod readiness gate "example.com/x" is not "True", but False, corresponding condition of pod readiness gate "y" does not exist.',
  ]);
  assert.deepEqual(made['example.com/x'], gate);
});

test('the time of a transition changes only with the status', () => {
  const before = [
    { type: 'Ready', status: 'False', lastTransitionTime: '2025-01-01T00:00:00Z', reason: 'Old' },
    { type: 'PodScheduled', status: 'False', lastTransitionTime: '2025-01-01T00:00:00Z' },
  ];
  const made = conditions({}, {}, before);
  assert.equal(made['Ready']?.lastTransitionTime, '2025-01-01T00:00:00Z');
  assert.equal(made['Ready']?.reason, 'ContainersNotReady');
  assert.equal(made['PodScheduled']?.lastTransitionTime, '2026-01-01T12:00:00Z');
});
