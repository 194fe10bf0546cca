import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod } from '../model/api/types.ts';
import { waitingLines } from './waiting-lines.ts';

const waits = (name: string, reason: string, message?: string): ContainerStatus => ({
  name,
  image: '',
  imageID: '',
  ready: false,
  restartCount: 0,
  state: { waiting: { reason, ...(message === undefined ? {} : { message }) } },
});

const pod: Pod = {
  spec: { nodeName: 'n', containers: [] },
  status: {
    initContainerStatuses: [waits('i', 'CrashLoopBackOff', 'back-off 10s')],
    containerStatuses: [
      waits('a', 'PodInitializing'),
      waits('b', 'ContainerCreating'),
      waits('c', 'ImagePullBackOff', 'Back-off pulling image "x"'),
      waits('d', 'ErrImagePull'),
    ],
  },
};

test('containers that wait for more than the next moment have a line each', () => {
  assert.deepEqual(waitingLines(pod), [
    'i waits: CrashLoopBackOff: back-off 10s',
    'c waits: ImagePullBackOff: Back-off pulling image "x"',
    'd waits: ErrImagePull',
  ]);
});

test('of a pod without a node only the placement is told', () => {
  assert.deepEqual(waitingLines({ ...pod, spec: { containers: [] } }), []);
});
