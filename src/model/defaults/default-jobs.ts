/** @see kubernetes/pkg/apis/batch/v1/defaults.go */
import { copyPlain } from '../copy-plain.ts';
import type { CronJob, Job, JobSpec } from '../api/types.ts';
import { canonicalizeQuantities } from './canonical-quantities.ts';
import { defaultPodTemplate } from './default-workloads.ts';

const BACKOFF_LIMIT = 6;
const NO_LIMIT = 2_147_483_647;

/** A copy that says how many pods run and how often they may fail. */
export function defaultJob(job: Job): Job {
  const copy: Job = { ...copyPlain(job), apiVersion: 'batch/v1', kind: 'Job' };
  canonicalizeQuantities(copy, 'Job');
  if (copy.spec === undefined) return copy;
  defaultJobSpec(copy.spec);
  takeLabels(copy);
  return copy;
}

/** A job without labels has those of its pods. In place. */
export function takeLabels(job: Job): void {
  const labels = job.spec?.template?.metadata?.labels ?? {};
  const isBare = Object.keys(job.metadata?.labels ?? {}).length === 0;
  if (isBare && Object.keys(labels).length > 0) job.metadata = { ...job.metadata, labels: { ...labels } };
}

function defaultJobSpec(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : NO_LIMIT;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const condition of rule.onPodConditions ?? []) condition.status ||= 'True';
  }
  defaultPodTemplate(spec.template);
}

/** A copy that says what happens when runs overlap and how many are kept. Its jobs get their own defaults when they are made. */
export function defaultCronJob(cronJob: CronJob): CronJob {
  const copy: CronJob = { ...copyPlain(cronJob), apiVersion: 'batch/v1', kind: 'CronJob' };
  canonicalizeQuantities(copy, 'CronJob');
  const { spec } = copy;
  if (spec === undefined) return copy;
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  defaultPodTemplate(spec.jobTemplate?.spec?.template);
  return copy;
}
