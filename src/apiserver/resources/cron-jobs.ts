import type { CronJob, PodTemplateSpec } from '../../model/api/types.ts';
import { defaultCronJob } from '../../model/defaults/default-jobs.ts';
import { since } from '../../model/status/pod-printer.ts';
import { validateCronJob } from '../../model/validation/cron-job.ts';
import type { ApiObject } from '../api-object.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN, typed } from './define.ts';
import { podColumns, selectorColumn, templateWarnings } from './workload-columns.ts';

export const cronJobs = define({
  group: 'batch',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  strategy: {
    countsGenerations: true,
    applyDefaults: (object) => ({ ...defaultCronJob(typed<CronJob>(object)) }),
    prepareForCreate: (object) => {
      object['status'] = {};
    },
    validateCreate: (object) => validateCronJob(typed<CronJob>(object)),
    validateUpdate: (next) => validateCronJob(typed<CronJob>(next)),
    warnings: (object) => templateWarnings(jobsTemplateOf(object), 'spec.jobTemplate.spec.template'),
  },
  columns: [
    NAME_COLUMN,
    column('Schedule', (object) => typed<CronJob>(object).spec?.schedule ?? ''),
    column('Timezone', (object) => typed<CronJob>(object).spec?.timeZone ?? '<none>'),
    column('Suspend', (object) => (typed<CronJob>(object).spec?.suspend === true ? 'True' : 'False')),
    column('Active', (object) => typed<CronJob>(object).status?.active?.length ?? 0, { type: 'integer' }),
    column('Last Schedule', (object, nowMs) => {
      const last = typed<CronJob>(object).status?.lastScheduleTime;
      return last === undefined ? '<none>' : since(last, nowMs);
    }),
    AGE_COLUMN,
    ...podColumns(jobsTemplateOf),
    selectorColumn((object) => typed<CronJob>(object).spec?.jobTemplate?.spec?.selector),
  ],
});

function jobsTemplateOf(object: ApiObject): PodTemplateSpec | undefined {
  return typed<CronJob>(object).spec?.jobTemplate?.spec?.template;
}
