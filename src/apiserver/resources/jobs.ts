import type { Job } from '../../model/api/types.ts';
import { defaultJob, takeLabels } from '../../model/defaults/default-jobs.ts';
import { humanDuration } from '../../model/status/human-duration.ts';
import { CONTROLLER_UID, validateJob, validateJobUpdate } from '../../model/validation/jobs.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN } from './define.ts';
import { podColumns, selectorColumn, selectorOf, templateOf, templateWarnings } from './workload-columns.ts';

export const jobs = define({
  group: 'batch',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  strategy: {
    countsGenerations: true,
    applyDefaults: (object) => ({ ...defaultJob(object) }),
    prepareForCreate: (object) => {
      object['status'] = {};
      if ((object as Job).spec?.manualSelector !== true) generateSelector(object);
    },
    validateCreate: (object) => validateJob(object),
    validateUpdate: (next, previous) => validateJobUpdate(next, previous),
    warnings: (object) => templateWarnings(templateOf(object), 'spec.template'),
  },
  columns: [
    NAME_COLUMN,
    column('Status', (object) => statusOf(object), { description: 'Status of the job.' }),
    column('Completions', (object) => completionsOf(object)),
    column('Duration', (object, nowMs) => durationOf(object, nowMs), {
      description: 'Time required to complete the job.',
    }),
    AGE_COLUMN,
    ...podColumns(templateOf),
    selectorColumn(selectorOf),
  ],
  selectableFields: {
    'status.successful': (object) => String((object as Job).status?.succeeded ?? 0),
  },
});

/** A job finds its pods by its own uid. @see kubernetes/pkg/registry/batch/job/strategy.go generateSelector */
function generateSelector(job: Job): void {
  const { metadata, spec } = job;
  if (spec?.template === undefined) return;
  const { uid = '', name = '' } = metadata ?? {};
  const given = spec.template.metadata?.labels ?? {};
  const labels = {
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
    [CONTROLLER_UID]: uid,
    ...given,
  };
  spec.template.metadata = { ...spec.template.metadata, labels };
  const matchLabels = { ...spec.selector?.matchLabels, [CONTROLLER_UID]: uid };
  spec.selector = { ...spec.selector, matchLabels };
  takeLabels(job);
}

function statusOf({ status, metadata }: Job): string {
  const has = (type: string) =>
    (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (metadata?.deletionTimestamp !== undefined) return 'Terminating';
  if (has('Suspended')) return 'Suspended';
  if (has('FailureTarget')) return 'FailureTarget';
  return has('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

/** `1/3`, or `1/1 of 4` when any pod's success is enough. */
function completionsOf({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationOf({ status }: Job, nowMs: number): string {
  if (status?.startTime === undefined) return '';
  const end = status.completionTime === undefined ? nowMs : Date.parse(status.completionTime);
  return humanDuration(end - Date.parse(status.startTime));
}
