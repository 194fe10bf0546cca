import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkQueue } from './work-queue.ts';

const CLOCK = {
  now: () => Date.now(),
  sleep: (delayMs: number, options: { signal?: AbortSignal } = {}) => delay(delayMs, undefined, options),
};

async function worked(
  work: (key: string) => Promise<void>,
  fill: (queue: WorkQueue) => void,
  until: () => boolean,
): Promise<void> {
  const queue = new WorkQueue(CLOCK);
  const stop = new AbortController();
  const running = queue.run(work, { signal: stop.signal, workers: 3, onError: () => {} });
  fill(queue);
  for (let waited = 0; waited < 2000 && !until(); waited += 5) await delay(5);
  stop.abort();
  await running;
  assert.equal(until(), true);
}

test('more keys than workers are all worked on, so many at a time, while others have their turn', async () => {
  const done = new Set<string>();
  let underWay = 0;
  let most = 0;
  await worked(
    async (key) => {
      most = Math.max(most, ++underWay);
      await delay(5);
      underWay -= 1;
      done.add(key);
    },
    (queue) => Array.from({ length: 40 }, (_, index) => queue.add(String(index))),
    () => done.size === 40,
  );
  assert.equal(most, 3);
});

test('a key that is added many times is worked on once, and again when it is added meanwhile', async () => {
  let count = 0;
  await worked(
    async () => {
      count += 1;
      await delay(10);
    },
    (queue) => {
      for (let index = 0; index < 10; index += 1) queue.add('a');
      setTimeout(() => queue.add('a'), 5);
    },
    () => count === 2,
  );
});

test('what fails is tried again, later each time', async () => {
  const times: number[] = [];
  await worked(
    () => {
      times.push(Date.now());
      return times.length < 4 ? Promise.reject(new Error('not yet')) : Promise.resolve();
    },
    (queue) => queue.add('a'),
    () => times.length === 4,
  );
  assert.ok((times[3] ?? 0) - (times[2] ?? 0) > (times[1] ?? 0) - (times[0] ?? 0));
});
