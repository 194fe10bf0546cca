import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { parseCronSchedule } from './cron-schedule.ts';
import { nextCronTime } from './next-cron-time.ts';

function next(schedule: string, after: string, zone = 'UTC'): string | undefined {
  const found = nextCronTime(parseCronSchedule(schedule), Date.parse(after), zone);
  return found === undefined ? undefined : new Date(found).toISOString().slice(0, 16);
}

test('the next moment is the first that the schedule names', () => {
  const cases: [string, string, string | undefined, string?][] = [
    ['* * * * *', '2026-01-01T00:00:30Z', '2026-01-01T00:01'],
    ['0 9 * * mon-fri', '2026-01-02T09:00:00Z', '2026-01-05T09:00'],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00'],
    ['0 0 30 2 *', '2026-01-01T00:00:00Z', undefined],
    ['0 0 13 * fri', '2026-01-01T00:00:00Z', '2026-01-02T00:00'],
    ['@every 90s', '2026-01-01T00:00:00Z', '2026-01-01T00:01'],
    ['0 8 * * *', '2026-07-01T00:00:00Z', '2026-07-01T06:00', 'Europe/Berlin'],
    // 02:30 does not come on the day on which clocks are put forward, and comes twice when they are put back.
    ['30 2 * * *', '2026-03-28T12:00:00Z', '2026-03-30T00:30', 'Europe/Berlin'],
    ['30 2 * * *', '2026-10-24T12:00:00Z', '2026-10-25T00:30', 'Europe/Berlin'],
    ['30 2 * * *', '2026-10-25T00:30:00Z', '2026-10-25T01:30', 'Europe/Berlin'],
    ['15 0 * * *', '2026-01-01T00:00:00Z', '2026-01-01T18:30', 'Asia/Kathmandu'],
  ];
  for (const [schedule, after, expected, zone] of cases)
    assert.equal(next(schedule, after, zone), expected, `${schedule} after ${after} ${zone ?? ''}`);
});

test('between a moment and the next there is none that the fields name', () => {
  const field = (low: number, high: number) =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min: low, max: high }).map(String),
      fc.integer({ min: 1, max: 7 }).map((step) => `*/${step}`),
    );
  const schedules = fc.tuple(field(0, 59), field(0, 23), field(1, 28), fc.constant('*'), field(0, 6));
  const start = Date.parse('2026-01-01T00:00:00Z');
  fc.assert(
    fc.property(schedules, fc.integer({ min: 0, max: 1_000_000 }), (fields, minutes) => {
      const schedule = parseCronSchedule(fields.join(' '));
      assert.ok(schedule.kind === 'fields');
      const isNamed = (time: number): boolean => {
        const date = new Date(time);
        const day = schedule.daysOfMonth.has(date.getUTCDate());
        const weekday = schedule.daysOfWeek.has(date.getUTCDay());
        const isDay = schedule.anyDayOfMonth || schedule.anyDayOfWeek ? day && weekday : day || weekday;
        return isDay && schedule.hours.has(date.getUTCHours()) && schedule.minutes.has(date.getUTCMinutes());
      };
      const after = start + minutes * 60_000;
      const found = nextCronTime(schedule, after, 'UTC');
      let slow = after + 60_000;
      while (!isNamed(slow)) slow += 60_000;
      assert.equal(found, slow);
    }),
    { numRuns: 40 },
  );
});
