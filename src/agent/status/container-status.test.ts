import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus as RuntimeContainer } from '../../runtime/pod-runtime.ts';
import { containerKey } from '../planner/action.ts';
import { findSpecContainer } from '../spec-containers.ts';
import { containerStatus } from './container-status.ts';
import type { StatusInput } from './status-input.ts';

const pod = { metadata: { name: 'web' }, spec: { containers: [{ name: 'main', image: 'app:1' }] } };

const instance = (attempt: number, more: Partial<RuntimeContainer>) =>
  ({
    id: `id-${attempt}`,
    metadata: { name: 'main', attempt },
    state: 'CONTAINER_CREATED',
    image: 'sha256:1',
    imageRef: 'app@sha256:1',
    exitCode: 0,
    reason: '',
    message: '',
    startedAt: 0,
    finishedAt: 0,
    labels: {},
    annotations: {},
    resources: {},
    stopSignal: '',
    ...more,
  }) as RuntimeContainer;

function statusOf(containers: RuntimeContainer[], busy: boolean) {
  const container = findSpecContainer(pod, 'main');
  assert.ok(container);
  const input = {
    pod,
    now: 0,
    observed: { sandboxes: [], containers },
    busy: new Map(busy ? [[containerKey('main'), { type: 'start-container' }]] : []),
    facts: {
      images: new Map(),
      failures: new Map(),
      probes: new Map(),
      terminationMessages: new Map(),
    },
    ending: undefined,
    nodeIps: [],
  } as unknown as StatusInput;
  return containerStatus(input, container);
}

test('a container on its way to its start is told when it runs, not before', () => {
  const status = statusOf([instance(0, {})], true);
  assert.deepEqual(status.state, { waiting: { reason: 'ContainerCreating' } });
  assert.equal(status.containerID, undefined);
  assert.equal(statusOf([instance(0, { state: 'CONTAINER_RUNNING' })], true).containerID, 'peapod://id-0');
});

test('one that was made and that nobody starts now is told', () => {
  assert.equal(statusOf([instance(0, {})], false).containerID, 'peapod://id-0');
});

test('until the next one runs, the one before it counts', () => {
  const ended = instance(0, { state: 'CONTAINER_EXITED', exitCode: 3, reason: 'Error' });
  const status = statusOf([instance(1, {}), ended], true);
  assert.deepEqual([status.restartCount, status.containerID], [0, 'peapod://id-0']);
  assert.equal(status.state?.terminated?.exitCode, 3);
});
