import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObservedPod } from './planner/plan-input.ts';
import { RepeatGuard } from './repeat-guard.ts';
import { container, FakeNode } from './testing/fake-node.ts';

const NOTHING: ObservedPod = { sandboxes: [], containers: [] };

test('what changes nothing waits from the fourth time on, twice as long each time, up to a minute', () => {
  const guard = new RepeatGuard();
  let now = 0;
  const holds = Array.from({ length: 12 }, () => {
    const hold = guard.ended('tear-down', NOTHING, now);
    now += hold + 1;
    return hold;
  });
  assert.deepEqual(holds, [0, 0, 0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('what changes something, is another action, or comes now and then, waits for nothing', () => {
  const guard = new RepeatGuard();
  for (let round = 0; round < 10; round += 1) {
    const sandboxes = [{ id: `${round}` }] as unknown as ObservedPod['sandboxes'];
    assert.equal(guard.ended('run-sandbox', { ...NOTHING, sandboxes }, round), 0);
    assert.equal(guard.ended(`stop ${round}`, NOTHING, round), 0);
    assert.equal(guard.ended('set-up-volumes', NOTHING, round * 60_000), 0);
  }
});

test('a runtime that says it has stopped a container, and has not, is asked a few times a minute', async () => {
  await using node = new FakeNode();
  await node.run({ containers: [container('main')] });
  let asked = 0;
  node.runtime.stopContainer = async () => {
    asked += 1;
  };
  await node.client.deletePod('default', 'web');
  await node.clock.advance(60_000);
  assert.ok(asked > 3 && asked < 30, `asked ${asked} times`);
});
