import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerRecord } from './container-record.ts';
import { type ContainerFacts, deriveState } from './container-state.ts';

const created = {
  createdAt: 10,
  startRequestedAt: 0,
  startedAt: 0,
  finishedAt: 0,
  exitCode: 0,
  reason: '',
  message: '',
  startError: undefined,
} as ContainerRecord;
const alive: ContainerFacts = {
  alive: true,
  exit: undefined,
  oomKilled: false,
  now: 99,
};
const dead: ContainerFacts = { ...alive, alive: false };
const running = { startRequestedAt: 19, startedAt: 20 };

for (const [title, record, facts, expected] of [
  ['one that is being made is unknown', { createdAt: 0 }, dead, ['CONTAINER_UNKNOWN', 0, 0, '', 0]],
  ['a waiting process is created', {}, alive, ['CONTAINER_CREATED', 0, 0, '', 0]],
  [
    'one that cannot start is created until it is started',
    { startError: 'no' },
    dead,
    ['CONTAINER_CREATED', 0, 0, '', 0],
  ],
  ['a started one runs', running, alive, ['CONTAINER_RUNNING', 20, 0, '', 0]],
  [
    'success is Completed',
    running,
    { ...dead, exit: { code: 0, at: 30 } },
    ['CONTAINER_EXITED', 20, 0, 'Completed', 30],
  ],
  [
    'failure is Error',
    running,
    { ...dead, exit: { code: 3, at: 30 } },
    ['CONTAINER_EXITED', 20, 3, 'Error', 30],
  ],
  [
    'out of memory is OOMKilled',
    running,
    { ...dead, oomKilled: true, exit: { code: 137, at: 30 } },
    ['CONTAINER_EXITED', 20, 137, 'OOMKilled', 30],
  ],
  [
    'one that ended before its start was noted has the time at which it was asked for',
    { startRequestedAt: 19 },
    { ...dead, exit: { code: 0, at: 30 } },
    ['CONTAINER_EXITED', 19, 0, 'Completed', 30],
  ],
  ['both gone without a trace', running, dead, ['CONTAINER_EXITED', 20, 137, 'ContainerStatusUnknown', 99]],
  [
    'what was noted once stays',
    { ...running, finishedAt: 30, exitCode: 128, reason: 'StartError' },
    alive,
    ['CONTAINER_EXITED', 20, 128, 'StartError', 30],
  ],
] as const) {
  test(title, () => {
    const derived = deriveState({ ...created, ...record }, facts);
    assert.deepEqual(
      [derived.state, derived.startedAt, derived.exitCode, derived.reason, derived.finishedAt],
      expected,
    );
  });
}
