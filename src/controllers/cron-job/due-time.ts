import type { CronJob } from '../../model/api/types.ts';
import { type CronSchedule, parseCronSchedule } from '../../model/cron-schedule.ts';
import { nextCronTime } from '../../model/next-cron-time.ts';

export interface DueTime {
  /** The last moment that has come and has had no job, in milliseconds since the epoch. */
  readonly dueMs: number | undefined;
  /** When it is time to look again. */
  readonly nextMs: number | undefined;
  /** More than a hundred moments went by: a clock that jumped, or a long sleep. */
  readonly isFarBehind: boolean;
}

const MOST_MISSED = 100;

/** @see kubernetes/pkg/controller/cronjob/utils.go mostRecentScheduleTime */
export function dueTime({ metadata, spec, status }: CronJob, nowMs: number, localZone: string): DueTime {
  const schedule = parseCronSchedule(spec.schedule);
  const zone = spec.timeZone ?? localZone;
  const last = Date.parse(status?.lastScheduleTime ?? metadata?.creationTimestamp ?? '');
  const deadlineMs = (spec.startingDeadlineSeconds ?? Infinity) * 1000;
  const earliest = Math.max(last, nowMs - deadlineMs);
  const { dueMs, missed } = lastBefore(schedule, earliest, nowMs, zone);
  return { dueMs, nextMs: nextCronTime(schedule, nowMs, zone), isFarBehind: missed > MOST_MISSED };
}

function lastBefore(
  schedule: CronSchedule,
  earliest: number,
  nowMs: number,
  zone: string,
): { dueMs: number | undefined; missed: number } {
  const isPast = (time: number | undefined): time is number => time !== undefined && time <= nowMs;
  let missed = 0;
  let dueMs: number | undefined;
  for (let time = nextCronTime(schedule, earliest, zone); isPast(time); missed += 1) {
    dueMs = time;
    if (missed > MOST_MISSED) break;
    time = nextCronTime(schedule, time, zone);
  }
  if (dueMs === undefined || missed <= MOST_MISSED) return { dueMs, missed };
  // Too many to walk through: look back from now, further each time, until one is found.
  for (let backMs = 60_000; ; backMs *= 2) {
    const from = Math.max(dueMs, nowMs - backMs);
    let found = nextCronTime(schedule, from, zone);
    if (!isPast(found)) {
      if (from === dueMs) return { dueMs, missed };
      continue;
    }
    for (; isPast(found); found = nextCronTime(schedule, found, zone)) dueMs = found;
    return { dueMs, missed };
  }
}
