import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { nearestBeat } from './nearest-beat.ts';

const times = fc.integer({ min: 0, max: 4_000_000_000_000 });
const periods = fc.integer({ min: 100, max: 3_600_000 });

test('a beat is at most a tenth of the period, and half a second, away', () => {
  fc.assert(
    fc.property(times, periods, (at, periodMs) => {
      const off = Math.abs(nearestBeat(at, periodMs) - at);
      assert.ok(off <= periodMs / 10 + 0.01 && off <= 500, `${off} ms`);
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
