import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerState, Pod, PodStatus } from '../model/api/types.ts';
import { waitingToStart } from './waiting-to-start.ts';

const podOf = (status: PodStatus): Pod => ({
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'c' }] },
  status,
});
const said = (state: ContainerState, lastState: ContainerState = {}): string | undefined =>
  waitingToStart(
    podOf({
      containerStatuses: [
        { name: 'c', image: '', imageID: '', ready: false, restartCount: 0, state, lastState },
      ],
    }),
    'c',
  );

test('a container that waits to start is told of as the kubelet does', () => {
  for (const [reason, words] of [
    ['ContainerCreating', 'ContainerCreating'],
    ['PodInitializing', 'PodInitializing'],
    ['CreateContainerConfigError', 'CreateContainerConfigError'],
    ['ErrImagePull', "image can't be pulled"],
    ['ImagePullBackOff', 'trying and failing to pull image'],
  ])
    assert.equal(
      said({ waiting: { reason: reason ?? '', message: 'more of it' } }),
      `container "c" in pod "p" is waiting to start: ${words}`,
    );
});

test('one that no node has told of waits for its node, or to be made', () => {
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }];
  assert.match(waitingToStart(podOf({ conditions }), 'c') ?? '', /: Unschedulable$/);
  assert.match(waitingToStart(podOf({}), 'c') ?? '', /: ContainerCreating$/);
  assert.equal(waitingToStart(podOf({ phase: 'Failed', reason: 'Evicted' }), 'c'), undefined);
});

test('one that runs, has run, or waits to run again does not wait to start', () => {
  assert.equal(said({ running: {} }), undefined);
  assert.equal(said({ terminated: { exitCode: 0 } }), undefined);
  assert.equal(said({ waiting: { reason: 'CrashLoopBackOff' } }, { terminated: { exitCode: 1 } }), undefined);
});
