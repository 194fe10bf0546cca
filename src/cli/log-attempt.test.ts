import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, Pod } from '../model/api/types.ts';
import { logAttempt } from './log-attempt.ts';

function podWith(more: Partial<ContainerStatus>): Pod {
  const status = { name: 'c', image: '', imageID: '', ready: false, restartCount: 0, ...more };
  return { spec: { containers: [{ name: 'c' }] }, status: { containerStatuses: [status] } };
}

const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const waiting = { waiting: { reason: 'CrashLoopBackOff' } };
const ended = (containerID: string) => ({ terminated: { exitCode: 1, containerID } });

for (const [what, status, current, previous] of [
  ['runs for the first time', { state: running, containerID: 'a' }, 0, undefined],
  ['was restarted', { state: running, restartCount: 2, containerID: 'c', lastState: ended('b') }, 2, 1],
  ['was restarted, and the one before is forgotten', { state: running, restartCount: 2 }, 2, 1],
  ['waits after its first end', { state: waiting, containerID: 'a', lastState: ended('a') }, 0, 0],
  [
    'waits after a later end',
    { state: waiting, restartCount: 2, containerID: 'c', lastState: ended('c') },
    2,
    2,
  ],
  [
    'is made and waits for its start',
    { state: waiting, restartCount: 2, containerID: 'c', lastState: ended('b') },
    1,
    1,
  ],
  ['waits for its first start', { state: waiting }, 0, undefined],
] as const)
  test(`the log of a container that ${what} is the newest that was written`, () => {
    const pod = podWith(status);
    assert.deepEqual([logAttempt(pod, 'c', false), logAttempt(pod, 'c', true)], [current, previous]);
  });
