import assert from 'node:assert/strict';
import test from 'node:test';
import { dueTime } from './due-time.ts';

test('of the moments that have passed the last is due', () => {
  const at = (text: string) => Date.parse(text);
  const cases: [string, string, string, number | undefined, string | undefined, boolean][] = [
    ['*/5 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:04:59Z', undefined, undefined, false],
    ['*/5 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:05:00Z', undefined, '2026-01-01T00:05:00Z', false],
    ['*/5 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:19:00Z', undefined, '2026-01-01T00:15:00Z', false],
    ['*/5 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:19:00Z', 60, undefined, false],
    ['*/5 * * * *', '2026-01-01T00:00:00Z', '2026-01-03T00:01:00Z', undefined, '2026-01-03T00:00:00Z', true],
    ['*/5 * * * *', '2026-01-01T00:00:00Z', '2026-01-03T00:01:00Z', 600, '2026-01-03T00:00:00Z', false],
  ];
  for (const [schedule, creationTimestamp, now, seconds, due, isFarBehind] of cases) {
    const spec = {
      schedule,
      jobTemplate: {},
      ...(seconds === undefined ? {} : { startingDeadlineSeconds: seconds }),
    };
    const found = dueTime({ metadata: { creationTimestamp }, spec }, at(now), 'UTC');
    assert.deepEqual(
      [found.dueMs, found.isFarBehind],
      [due === undefined ? undefined : at(due), isFarBehind],
      `${schedule} at ${now}`,
    );
  }
});
