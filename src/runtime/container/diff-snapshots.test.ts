import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerState, SandboxState } from '../pod-runtime.ts';
import { diffSnapshots, type Snapshot } from './diff-snapshots.ts';

function snapshot(container?: ContainerState, sandbox: SandboxState = 'SANDBOX_READY'): Snapshot {
  return {
    containers: new Map(container ? [['c', { state: container, sandboxId: 's', podUid: 'u' }]] : []),
    sandboxes: new Map([['s', { state: sandbox, podUid: 'u' }]]),
  };
}

const created = 'CONTAINER_CREATED';
const running = 'CONTAINER_RUNNING';
const exited = 'CONTAINER_EXITED';

for (const [before, now, expected] of [
  [undefined, created, ['CONTAINER_CREATED']],
  [created, running, ['CONTAINER_STARTED']],
  [running, exited, ['CONTAINER_STOPPED']],
  [exited, undefined, ['CONTAINER_DELETED']],
  [undefined, exited, ['CONTAINER_CREATED', 'CONTAINER_STARTED', 'CONTAINER_STOPPED']],
  [running, undefined, ['CONTAINER_STOPPED', 'CONTAINER_DELETED']],
  [running, running, []],
] as const) {
  test(`from ${before ?? 'nothing'} to ${now ?? 'nothing'} is ${expected.join(', ') || 'no event'}`, () => {
    const events = diffSnapshots(snapshot(before), snapshot(now));
    assert.deepEqual(
      events.map(({ type }) => type),
      expected,
    );
    for (const event of events) assert.deepEqual([event.id, event.sandboxId, event.podUid], ['c', 's', 'u']);
  });
}

test('a sandbox that stops or goes is told once', () => {
  const stopped = { type: 'SANDBOX_STOPPED', id: 's', sandboxId: 's', podUid: 'u' };
  assert.deepEqual(diffSnapshots(snapshot(), snapshot(undefined, 'SANDBOX_NOTREADY')), [stopped]);
  const gone = { containers: new Map(), sandboxes: new Map() };
  assert.deepEqual(diffSnapshots(snapshot(), gone), [stopped]);
  assert.deepEqual(diffSnapshots(snapshot(undefined, 'SANDBOX_NOTREADY'), gone), []);
});
