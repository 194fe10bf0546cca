import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { type Backoff, backoffRemainingMs, crashLoopMessage, goDuration, nextBackoff } from './backoff.ts';

test('a container that always ends at once waits 0, 10, 20, 40, 80, 160, 300, 300 seconds', () => {
  const waits: number[] = [];
  let backoff: Backoff | undefined;
  let now = 0;
  for (let restart = 0; restart < 8; restart++) {
    const endedAt = now;
    const wait = backoffRemainingMs(backoff, endedAt, now);
    waits.push(wait / 1000);
    now += wait;
    assert.equal(backoffRemainingMs(backoff, endedAt, now), 0);
    backoff = nextBackoff(backoff, endedAt, now);
  }
  assert.deepEqual(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
});

test('a container that ran for more than 10 minutes begins anew', () => {
  const backoff: Backoff = { delayMs: 300_000, updatedAt: 0 };
  assert.equal(backoffRemainingMs(backoff, 600_000, 600_000), 300_000);
  assert.equal(backoffRemainingMs(backoff, 600_001, 600_001), 0);
  assert.equal(nextBackoff(backoff, 600_001, 600_001).delayMs, 10_000);
});

test('a clock that is set back makes nobody wait until that time comes again', () => {
  const backoff: Backoff = { delayMs: 20_000, updatedAt: 3_600_000 };
  assert.equal(backoffRemainingMs(backoff, 3_700_000, 100_000), 0);
  // Times from files are rounded otherwise.
  assert.equal(backoffRemainingMs(backoff, 3_700_000, 3_699_995), 20_005);
});

test('no wait is longer than 5 minutes, and none shrinks without a long run', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 500_000 })), (runs) => {
      let backoff: Backoff | undefined;
      let now = 0;
      for (const run of runs) {
        const endedAt = now + run;
        now = endedAt + backoffRemainingMs(backoff, endedAt, endedAt);
        const next = nextBackoff(backoff, endedAt, now);
        assert.ok(next.delayMs <= 300_000 && next.delayMs >= (backoff?.delayMs ?? 0));
        backoff = next;
      }
    }),
  );
});

test('the wait is told as the kubelet tells it', () => {
  const pod = { name: 'web', namespace: 'default', uid: 'u' };
  assert.equal(
    crashLoopMessage({ delayMs: 80_000, updatedAt: 0 }, 'main', pod),
    'back-off 1m20s restarting failed container=main pod=web_default(u)',
  );
  assert.deepEqual([10_000, 40_000, 300_000, 3_600_000].map(goDuration), ['10s', '40s', '5m0s', '1h0m0s']);
});
