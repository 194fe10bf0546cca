/** @see kubernetes/pkg/apis/batch/validation/validation.go ValidateCronJobSpec */
import type { CronJob } from '../api/types.ts';
import { parseCronSchedule } from '../cron-schedule.ts';
import { isPeapodError } from '../errors.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { validateJobSpec } from './jobs.ts';
import { checkNotNegative } from './numbers.ts';

/** Jobs' names are the CronJob's and eleven letters more. */
const MAX_NAME_LENGTH = 52;
const POLICIES = ['Allow', 'Forbid', 'Replace'];

/** @param cronJob after defaulting */
export function validateCronJob({ metadata, spec }: CronJob): FieldError[] {
  const errors = new FieldErrors();
  const { name = '' } = metadata ?? {};
  if (name.length > MAX_NAME_LENGTH)
    errors.invalid('metadata.name', name, `must be no more than ${MAX_NAME_LENGTH} characters`);
  if (spec === undefined) {
    errors.required('spec.schedule');
    return errors.list;
  }
  validateSchedule(errors, spec.schedule ?? '', spec.timeZone);
  const { concurrencyPolicy: policy = '' } = spec;
  if (policy === '') errors.required('spec.concurrencyPolicy');
  else if (!POLICIES.includes(policy)) errors.notSupported('spec.concurrencyPolicy', policy, POLICIES);
  const counts = ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'] as const;
  for (const count of counts) checkNotNegative(errors, spec[count], `spec.${count}`);
  const job = spec.jobTemplate?.spec;
  const field = 'spec.jobTemplate.spec';
  if (job?.manualSelector === true) errors.notSupported(`${field}.manualSelector`, true, ['nil', 'false']);
  if (job?.selector !== undefined)
    errors.invalid(`${field}.selector`, job.selector, '`selector` will be auto-generated');
  if (job === undefined) errors.required(`${field}.template.spec.containers`);
  else validateJobSpec(errors, job, field);
  return errors.list;
}

function validateSchedule(errors: FieldErrors, schedule: string, timeZone: string | undefined): void {
  const field = 'spec.schedule';
  if (schedule === '') errors.required(field);
  else if (schedule.includes('TZ')) {
    errors.invalid(field, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead');
  } else {
    try {
      parseCronSchedule(schedule);
    } catch (error) {
      if (!isPeapodError(error, 'Invalid')) throw error;
      errors.invalid(field, schedule, error.message);
    }
  }
  if (timeZone === undefined) return;
  if (timeZone === '') errors.invalid('spec.timeZone', timeZone, 'timeZone must be nil or non-empty string');
  else if (timeZone.toLowerCase() === 'local')
    errors.invalid(
      'spec.timeZone',
      timeZone,
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    );
  else if (!isTimeZone(timeZone)) errors.invalid('spec.timeZone', timeZone, `unknown time zone ${timeZone}`);
}

function isTimeZone(name: string): boolean {
  try {
    return !/^[+-]/.test(name) && Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
