import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ContainerState, ContainerStatus, Event, Pod } from '../../model/api/types.ts';
import { containerViews } from './container-stage.ts';
import { exitCodeOf } from './exit-code.ts';
import { startOutcome } from '../../model/status/start-outcome.ts';

const status = (
  name: string,
  state: ContainerState,
  more: Partial<ContainerStatus> = {},
): ContainerStatus => ({
  name,
  image: 'x',
  imageID: '',
  ready: false,
  restartCount: 0,
  state,
  ...more,
});
const ended = (
  exitCode: number,
  finishedAt = '2026-01-01T00:00:00Z',
  reason = exitCode === 0 ? 'Completed' : 'Error',
) => ({
  terminated: { exitCode, reason, finishedAt },
});
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };

function pod(statuses: ContainerStatus[], more: Partial<Pod> = {}): Pod {
  return {
    metadata: { name: 'p' },
    spec: { containers: statuses.map(({ name }) => ({ name })) },
    status: { containerStatuses: statuses },
    ...more,
  };
}

describe('the outcome of a start', () => {
  const outcome = (p: Pod, events: Event[] = []) => startOutcome(p, events).state;
  test('is open while a container waits, and good when each has run once', () => {
    assert.equal(
      outcome(pod([status('a', running), status('b', { waiting: { reason: 'ContainerCreating' } })])),
      'starting',
    );
    assert.equal(outcome(pod([status('a', running), status('b', ended(0))])), 'started');
    const crashed = status(
      'a',
      { waiting: { reason: 'CrashLoopBackOff' } },
      { lastState: ended(1), restartCount: 1 },
    );
    assert.equal(outcome(pod([crashed])), 'started');
  });
  test('is bad when a container cannot be made or started', () => {
    for (const reason of ['CreateContainerConfigError', 'RunContainerError', 'ErrImagePull']) {
      const waiting = status('a', { waiting: { reason, message: 'no such thing' } });
      assert.deepEqual(startOutcome(pod([waiting]), []), {
        state: 'failed',
        message: 'container "a": no such thing',
      });
    }
    assert.equal(outcome(pod([status('a', ended(128, undefined, 'StartError'))])), 'failed');
  });
  test('is bad when a volume or the sandbox cannot be made', () => {
    const event = { type: 'Warning', reason: 'FailedMount', message: 'configmap "x" not found' } as Event;
    const waiting = pod([status('a', { waiting: { reason: 'ContainerCreating' } })]);
    assert.deepEqual(startOutcome(waiting, [event]), { state: 'failed', message: 'configmap "x" not found' });
    assert.equal(outcome(pod([status('a', running)]), [event]), 'started');
  });
  test('is good, though the pod has failed, when an init container ran and failed', () => {
    const failed = pod([status('a', { waiting: { reason: 'PodInitializing' } })], {
      status: { phase: 'Failed', initContainerStatuses: [status('i', ended(3))], containerStatuses: [] },
    });
    assert.equal(outcome(failed), 'started');
  });
});

describe('the exit code', () => {
  test('is 0 when all succeeded, else that of the container that failed first', () => {
    assert.equal(exitCodeOf([pod([status('a', ended(0))])]), 0);
    const later = status('a', ended(7, '2026-01-01T00:00:09Z'));
    const earlier = status('b', ended(3, '2026-01-01T00:00:05Z'));
    assert.equal(exitCodeOf([pod([later]), pod([earlier])]), 3);
  });
  test('is not 0 for a pod that failed without a failed container, nor for a code of 256', () => {
    assert.equal(exitCodeOf([pod([], { status: { phase: 'Failed', reason: 'Evicted' } })]), 1);
    assert.equal(exitCodeOf([pod([status('a', ended(256))])]), 1);
  });
  test('ignores sidecars, which are ended by signal', () => {
    const job: Pod = {
      spec: { initContainers: [{ name: 's', restartPolicy: 'Always' }], containers: [{ name: 'a' }] },
      status: {
        initContainerStatuses: [status('s', ended(143))],
        containerStatuses: [status('a', ended(0))],
      },
    };
    assert.equal(exitCodeOf([job]), 0);
  });
});

test('every container has a view, with or without a status', () => {
  const views = containerViews(
    pod([status('a', running, { ready: true, restartCount: 2 }), status('b', ended(2))], {
      spec: { initContainers: [{ name: 'i' }], containers: [{ name: 'a' }, { name: 'b' }] },
    }),
  );
  assert.deepEqual(views, [
    { name: 'i', stage: 'waiting', text: 'Pending' },
    { name: 'a', stage: 'running', text: 'Running, restarted 2 times' },
    { name: 'b', stage: 'failed', text: 'Error, exit code 2' },
  ]);
});
