import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalTime } from './normal-time.ts';

test('the same time is the same text, to the second or the microsecond', () => {
  const cases: [string, string, string][] = [
    ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05.000000Z'],
    ['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05.678000Z'],
    ['2026-01-02T03:04:05.123456789Z', '2026-01-02T03:04:05Z', '2026-01-02T03:04:05.123456Z'],
    ['2026-01-02T01:04:05+02:00', '2026-01-01T23:04:05Z', '2026-01-01T23:04:05.000000Z'],
  ];
  for (const [given, time, microtime] of cases)
    assert.deepEqual([normalTime(given, 'time'), normalTime(given, 'microtime')], [time, microtime], given);
  for (const wrong of ['', 'now', '2026-01-02', '2026-13-02T03:04:05Z', '2026-01-02T03:04:05', 7, null])
    assert.equal(normalTime(wrong, 'time'), undefined, String(wrong));
});
