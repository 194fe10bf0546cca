import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { nearestBeat, nextBeat } from './nearest-beat.ts';

const times = fc.integer({ min: 0, max: 4_000_000_000_000 });
const periods = fc.integer({ min: 100, max: 3_600_000 });

test('a beat is at most a tenth of the period, and five seconds, away', () => {
  fc.assert(
    fc.property(times, periods, (at, periodMs) => {
      const off = Math.abs(nearestBeat(at, periodMs) - at);
      assert.ok(off <= periodMs / 10 + 0.01 && off <= 5000, `${off} ms`);
    }),
  );
});

test('periods of five seconds and more beat on whole seconds, and keep their length from then on', () => {
  fc.assert(
    fc.property(
      times,
      fc.integer({ min: 5, max: 3600 }),
      fc.integer({ min: 0, max: 400 }),
      (at, seconds, lateMs) => {
        const first = nearestBeat(at, seconds * 1000);
        assert.equal(first % 1000, 0);
        assert.equal(nearestBeat(first + lateMs + seconds * 1000, seconds * 1000), first + seconds * 1000);
      },
    ),
  );
});

test('the next beat comes within a period, on its multiple', () => {
  fc.assert(
    fc.property(times, periods, (now, periodMs) => {
      const next = nextBeat(now, periodMs);
      assert.ok(next > now && next <= now + periodMs && next % periodMs === 0, `${next}`);
    }),
  );
});
