import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventQueue } from '../../client/event-queue.ts';
import { repeatLatest } from './repeat-latest.ts';

test('the latest comes again as time passes, what is new at once, and the end when the source ends', async () => {
  const queue = new EventQueue<number>();
  const stop = new AbortController();
  const seen: string[] = [];
  queue.push(1);
  for await (const { latest, isRepeated } of repeatLatest(queue.events(stop.signal), 20)) {
    seen.push(`${latest}${isRepeated ? ' again' : ''}`);
    if (seen.length === 2) queue.push(2);
    if (seen.length === 4) stop.abort();
  }
  assert.deepEqual(seen.slice(0, 4), ['1', '1 again', '2', '2 again']);
});

test('who stops early does not wait for what comes next', async () => {
  const queue = new EventQueue<number>();
  const stop = new AbortController();
  queue.push(1);
  for await (const { latest } of repeatLatest(queue.events(stop.signal), 20)) {
    assert.equal(latest, 1);
    break;
  }
  stop.abort();
});
