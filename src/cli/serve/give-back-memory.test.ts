import assert from 'node:assert/strict';
import test from 'node:test';
import { FakeClock } from '../../model/testing/fake-clock.ts';
import { giveBackMemory } from './give-back-memory.ts';

test('memory is given back once after each time of work, not during it nor at rest', async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  let used = 0;
  let trims = 0;
  const trim = () => {
    trims += 1;
  };
  const ended = giveBackMemory({ clock, cpuMicros: () => used, trim }, stop);
  const rest = () => clock.advance(10_000);
  const work = async () => {
    used += 2_000_000;
    await rest();
  };
  await work();
  await work();
  assert.equal(trims, 0);
  await rest();
  await rest();
  await rest();
  assert.equal(trims, 1, 'after the start');
  await work();
  assert.equal(trims, 1);
  await rest();
  await rest();
  assert.equal(trims, 2);
  stop.abort();
  await ended;
  assert.equal(clock.sleeping, 0);
});
