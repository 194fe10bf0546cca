import type { CronSchedule } from './cron-schedule.ts';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** Clocks are never put back or forth by more. */
const MOST_SHIFT_MINUTES = 180;
/** What has not come by then, never comes: `0 0 30 2 *`. */
const HORIZON_MS = 8 * 366 * DAY_MINUTES * MINUTE_MS;

/**
 * The first moment after `afterMs` at which the zone's clock shows what the schedule asks for; nothing when there is none.
 * What falls into an hour that is skipped does not happen; in one that comes twice it happens twice.
 * @see https://pkg.go.dev/github.com/robfig/cron/v3#SpecSchedule.Next
 */
export function nextCronTime(schedule: CronSchedule, afterMs: number, timeZone: string): number | undefined {
  if (schedule.kind === 'every') return Math.floor(afterMs / 1000 + schedule.seconds) * 1000;
  const wallOf = wallClock(timeZone);
  let time = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS;
  while (time - afterMs < HORIZON_MS) {
    const wall = wallOf(time);
    if (!matchesDay(schedule, wall)) {
      const left = DAY_MINUTES - wall.hour * 60 - wall.minute;
      const safe = left - MOST_SHIFT_MINUTES;
      time += (safe > 60 ? safe : 60 - wall.minute) * MINUTE_MS;
    } else if (!schedule.hours.has(wall.hour)) time += (60 - wall.minute) * MINUTE_MS;
    else if (!schedule.minutes.has(wall.minute)) time += MINUTE_MS;
    else return time;
  }
  return undefined;
}

interface Wall {
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

function matchesDay(schedule: CronSchedule & { kind: 'fields' }, { month, day, weekday }: Wall): boolean {
  if (!schedule.months.has(month)) return false;
  const isDay = schedule.daysOfMonth.has(day);
  const isWeekday = schedule.daysOfWeek.has(weekday);
  return schedule.anyDayOfMonth || schedule.anyDayOfWeek ? isDay && isWeekday : isDay || isWeekday;
}

function wallClock(timeZone: string): (time: number) => Wall {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return (time) => {
    const parts = new Map(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const [year, month, day] = [of('year'), of('month'), of('day')];
    const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
    return { month, day, weekday, hour: of('hour'), minute: of('minute') };
  };
}
