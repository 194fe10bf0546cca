import assert from 'node:assert/strict';
import test from 'node:test';
import { parseCronSchedule } from './cron-schedule.ts';

function fieldsOf(text: string) {
  const schedule = parseCronSchedule(text);
  assert.equal(schedule.kind, 'fields');
  return schedule;
}

test('fields are lists, ranges, steps and names', () => {
  const { minutes, hours, daysOfMonth, months, daysOfWeek, ...days } = fieldsOf('*/20 9-11 1,15 jan mon-WED');
  assert.deepEqual(
    [minutes, hours, daysOfMonth, months, daysOfWeek].map((values) => [...values]),
    [[0, 20, 40], [9, 10, 11], [1, 15], [1], [1, 2, 3]],
  );
  assert.deepEqual(days, { kind: 'fields', anyDayOfMonth: false, anyDayOfWeek: false });
  assert.deepEqual([...fieldsOf('50/4 * * * ?').minutes], [50, 54, 58]);
});

test('there are names for the usual', () => {
  assert.deepEqual(fieldsOf('@hourly'), fieldsOf('0 * * * *'));
  assert.deepEqual(fieldsOf('@weekly'), fieldsOf('0 0 * * sun'));
  assert.deepEqual(parseCronSchedule('@every 1h30m'), { kind: 'every', seconds: 5400 });
});

test('what cannot be read is told', () => {
  const cases: Record<string, RegExp> = {
    '': /empty spec string/,
    '* * * *': /expected exactly 5 fields, found 4/,
    '60 * * * *': /end of range \(60\) above maximum \(59\): 60/,
    '* * 0 * *': /beginning of range \(0\) below minimum \(1\): 0/,
    '5-1 * * * *': /beginning of range \(5\) beyond end of range \(1\): 5-1/,
    '*/0 * * * *': /step of range should be a positive number/,
    'x * * * *': /failed to parse int from x/,
    '@often': /unrecognized descriptor: @often/,
    '@every soon': /invalid duration/,
  };
  for (const [text, expected] of Object.entries(cases))
    assert.throws(() => parseCronSchedule(text), expected, text);
});
