import assert from 'node:assert/strict';
import test from 'node:test';
import type { CronJob, Job } from '../../model/api/types.ts';
import { cronJobs } from './cron-jobs.ts';
import { typed } from './define.ts';
import { jobs } from './jobs.ts';
import { cells, created, createErrors, updateErrors } from './testing/strategy.ts';

const UID = '11111111-2222-3333-4444-555555555555';
const TEMPLATE = { spec: { containers: [{ name: 'c', image: 'i:1' }], restartPolicy: 'Never' } };

test('a job finds its pods by its uid', () => {
  const job = created(jobs, { spec: { template: TEMPLATE } }) as Job;
  const labels = {
    'batch.kubernetes.io/job-name': 'x',
    'batch.kubernetes.io/controller-uid': UID,
    'controller-uid': UID,
    'job-name': 'x',
  };
  assert.deepEqual(job.spec?.selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': UID } });
  assert.deepEqual(job.spec?.template.metadata?.labels, labels);
  assert.deepEqual(job.metadata?.labels, labels);
  assert.deepEqual(createErrors(jobs, { spec: { template: TEMPLATE } }), []);
  const { template: _template, selector: _selector, ...rest } = job.spec ?? {};
  assert.deepEqual(rest, {
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: 'TerminatingOrFailed',
  });
});

test('what is wrong with a job is told with its place', () => {
  const cases: [object, string][] = [
    [
      { template: { spec: { ...TEMPLATE.spec, restartPolicy: 'Always' } } },
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [
      { completionMode: 'Indexed', parallelism: 2 },
      'spec.completions: Required value: when completion mode is Indexed',
    ],
    [
      { completionMode: 'Sorted' },
      'spec.completionMode: Unsupported value: "Sorted": supported values: "Indexed", "NonIndexed"',
    ],
    [
      { selector: { matchLabels: { a: 'b' } }, template: { ...TEMPLATE, metadata: { labels: { a: 'b' } } } },
      `spec.selector: Invalid value: {"matchLabels":{"a":"b","batch.kubernetes.io/controller-uid":"${UID}"}}: \`selector\` not auto-generated`,
    ],
    [
      { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [0] } }] } },
      'spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
    ],
    [
      { backoffLimitPerIndex: 1 },
      'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
    ],
  ];
  for (const [spec, expected] of cases)
    assert.deepEqual(createErrors(jobs, { spec: { template: TEMPLATE, ...spec } }), [expected]);
});

test('of a job, its parallelism and suspension change, not its pods', () => {
  const job = created(jobs, { spec: { template: TEMPLATE } });
  const change = (fields: object) =>
    updateErrors(jobs, job, (next) => Object.assign(next['spec'] as object, fields));
  assert.deepEqual(change({ parallelism: 3, suspend: true }), []);
  assert.deepEqual(change({ completions: 3 }), ['spec.completions: Invalid value: 3: field is immutable']);
  const template = structuredClone((job as Job).spec?.template);
  assert.ok(template?.spec);
  template.spec.nodeSelector = { a: 'b' };
  const [error = ''] = change({ template });
  assert.match(error, /^spec\.template: Invalid value: .*: field is immutable$/);
  Object.assign(job['spec'] as object, { suspend: true });
  assert.deepEqual(change({ template }), []);
});

test('a job is shown with its progress', () => {
  const job = created(jobs, { spec: { template: TEMPLATE, completions: 3 } });
  job['status'] = { succeeded: 1, startTime: '2026-01-01T11:58:30Z' };
  const { Name, Status, Completions, Duration } = cells(jobs, job);
  assert.deepEqual([Name, Status, Completions, Duration], ['x', 'Running', '1/3', '90s']);
  job['status'] = { conditions: [{ type: 'Complete', status: 'True' }] };
  assert.equal(cells(jobs, job)['Status'], 'Complete');
  assert.equal(cells(jobs, { ...job, spec: { parallelism: 4 } })['Completions'], '0/1 of 4');
});

const CRON = { schedule: '*/5 * * * *', jobTemplate: { spec: { template: TEMPLATE } } };

test('a CronJob gets its defaults and is shown', () => {
  const cronJob = created(cronJobs, { spec: CRON });
  const { jobTemplate: _, ...rest } = typed<CronJob>(cronJob).spec ?? {};
  assert.deepEqual(rest, {
    schedule: '*/5 * * * *',
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
  assert.deepEqual(cells(cronJobs, cronJob), {
    Name: 'x',
    Schedule: '*/5 * * * *',
    Timezone: '<none>',
    Suspend: 'False',
    Active: 0,
    'Last Schedule': '<none>',
    Age: '60m',
    Containers: 'c',
    Images: 'i:1',
    Selector: '<none>',
  });
});

test('what is wrong with a CronJob is told with its place', () => {
  const cases: [object, string][] = [
    [
      { schedule: '* * *' },
      'spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]',
    ],
    [
      { schedule: 'TZ=UTC * * * * *' },
      'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
    [{ timeZone: 'Mars/Base' }, 'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
    [
      { concurrencyPolicy: 'Maybe' },
      'spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", "Replace"',
    ],
    [
      { jobTemplate: { spec: { template: { spec: { ...TEMPLATE.spec, containers: [] } } } } },
      'spec.jobTemplate.spec.template.spec.containers: Required value',
    ],
  ];
  for (const [spec, expected] of cases)
    assert.deepEqual(createErrors(cronJobs, { spec: { ...CRON, ...spec } }), [expected]);
  assert.deepEqual(createErrors(cronJobs, { metadata: { name: 'x'.repeat(53) }, spec: CRON }), [
    `metadata.name: Invalid value: "${'x'.repeat(53)}": must be no more than 52 characters`,
  ]);
});
