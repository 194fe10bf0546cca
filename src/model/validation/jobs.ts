/** @see kubernetes/pkg/apis/batch/validation/validation.go */
import type { Job, JobSpec, PodTemplateSpec } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { matchesLabelSelector } from '../label-selector.ts';
import { sameValue } from '../same-value.ts';
import { validatePodFailurePolicy } from './job-policies.ts';
import { validateLabelSelector } from './label-selector.ts';
import { checkNotNegative } from './numbers.ts';
import { validatePodTemplate } from './pod-template.ts';
import { validateSuccessPolicy } from './success-policy.ts';

export const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';

const MODES = ['Indexed', 'NonIndexed'];
const RESTART_POLICIES = ['Never', 'OnFailure'];
const REPLACEMENT_POLICIES = ['Failed', 'TerminatingOrFailed'];
const MAX_INDEXED_PARALLELISM = 100_000;

/** @param job after defaulting, with its selector and labels */
export function validateJob(job: Job): FieldError[] {
  const errors = new FieldErrors();
  const { spec } = job;
  if (spec?.manualSelector !== true) validateGenerated(errors, job);
  if (spec === undefined) return errors.list;
  if (spec.selector === undefined) errors.required('spec.selector');
  else {
    validateLabelSelector(errors, spec.selector, 'spec.selector');
    const labels = spec.template?.metadata?.labels;
    if (!matchesLabelSelector(spec.selector, labels))
      errors.invalid(
        'spec.template.metadata.labels',
        labels ?? {},
        '`selector` does not match template `labels`',
      );
  }
  validateJobSpec(errors, spec, 'spec');
  return errors.list;
}

function validateGenerated(errors: FieldErrors, { metadata, spec }: Job): void {
  const uid = metadata?.uid ?? '';
  const expected = { matchLabels: { [CONTROLLER_UID]: uid } };
  if (!sameValue(spec?.selector, expected))
    errors.invalid('spec.selector', spec?.selector ?? null, '`selector` not auto-generated');
  const labels = spec?.template?.metadata?.labels ?? {};
  if (labels[CONTROLLER_UID] !== uid)
    errors.invalid('spec.template.metadata.labels', labels, `must be '${uid}'`);
}

/** @param field `spec`, or `spec.jobTemplate.spec` in what makes jobs */
export function validateJobSpec(errors: FieldErrors, spec: JobSpec, field: string): void {
  const counts = [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ] as const;
  for (const name of counts) checkNotNegative(errors, spec[name], `${field}.${name}`);
  validateMode(errors, spec, field);
  const { podReplacementPolicy: replacement } = spec;
  if (replacement !== undefined) {
    const supported = spec.podFailurePolicy === undefined ? REPLACEMENT_POLICIES : ['Failed'];
    if (!supported.includes(replacement))
      errors.notSupported(`${field}.podReplacementPolicy`, replacement, supported);
  }
  validatePodTemplate(errors, spec.template, `${field}.template`);
  const restartField = `${field}.template.spec.restartPolicy`;
  const policy = spec.template?.spec?.restartPolicy ?? 'Always';
  if (policy === 'Always') errors.required(restartField, 'valid values: "OnFailure", "Never"');
  else if (!RESTART_POLICIES.includes(policy)) errors.notSupported(restartField, policy, RESTART_POLICIES);
  if (spec.podFailurePolicy === undefined) return;
  if (policy !== 'Never')
    errors.invalid(restartField, policy, 'only "Never" is supported when podFailurePolicy is specified');
  validatePodFailurePolicy(errors, spec, `${field}.podFailurePolicy`);
}

function validateMode(errors: FieldErrors, spec: JobSpec, field: string): void {
  const { completionMode: mode = 'NonIndexed', completions, parallelism = 1 } = spec;
  if (!MODES.includes(mode)) return errors.notSupported(`${field}.completionMode`, mode, MODES);
  if (mode === 'Indexed') {
    if (completions === undefined) errors.required(`${field}.completions`, 'when completion mode is Indexed');
    if (parallelism > MAX_INDEXED_PARALLELISM) {
      const detail = `must be less than or equal to ${MAX_INDEXED_PARALLELISM} when completion mode is Indexed`;
      errors.invalid(`${field}.parallelism`, parallelism, detail);
    }
  } else {
    for (const name of ['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy'] as const) {
      if (spec[name] !== undefined)
        errors.invalid(`${field}.${name}`, spec[name], 'requires indexed completion mode');
    }
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified');
  if (mode === 'Indexed' && spec.successPolicy !== undefined)
    validateSuccessPolicy(errors, spec, `${field}.successPolicy`);
  const { maxFailedIndexes } = spec;
  if (maxFailedIndexes !== undefined && completions !== undefined && maxFailedIndexes > completions)
    errors.invalid(
      `${field}.maxFailedIndexes`,
      maxFailedIndexes,
      'must be less than or equal to completions',
    );
}

/** What a job is does not change; how many pods run at a time does, and whether any. */
export function validateJobUpdate(next: Job, previous: Job): FieldError[] {
  const errors = new FieldErrors();
  errors.addAll(validateJob(next));
  const after: Partial<JobSpec> = next.spec ?? {};
  const before: Partial<JobSpec> = previous.spec ?? {};
  const isElastic =
    after.completionMode === 'Indexed' &&
    after.completions !== undefined &&
    after.completions === after.parallelism;
  const fixed = [
    'selector',
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
    'successPolicy',
    ...(isElastic ? [] : (['completions'] as const)),
  ] as const;
  for (const name of fixed) {
    if (!sameValue(after[name], before[name]))
      errors.invalid(`spec.${name}`, after[name] ?? null, 'field is immutable');
  }
  const mayMove = before.suspend === true && previous.status?.startTime === undefined;
  const template = mayMove ? withPlacement(after.template, before.template) : after.template;
  if (!sameValue(template, before.template))
    errors.invalid('spec.template', after.template ?? null, 'field is immutable');
  return errors.list;
}

/** The template with all that says where its pods may go put back, as it may change before they have started. */
function withPlacement(
  after: PodTemplateSpec | undefined,
  before: PodTemplateSpec | undefined,
): PodTemplateSpec | undefined {
  if (after?.spec === undefined || before?.spec === undefined) return after;
  const spec: Record<string, unknown> = { ...after.spec };
  const old = new Map<string, unknown>(Object.entries(before.spec));
  for (const name of ['nodeSelector', 'affinity', 'tolerations', 'schedulingGates']) {
    if (old.has(name)) spec[name] = old.get(name);
    else delete spec[name];
  }
  const metadata: Record<string, unknown> = { ...after.metadata };
  for (const name of ['labels', 'annotations'] as const) metadata[name] = before.metadata?.[name];
  return { ...after, metadata, spec: spec as unknown as NonNullable<PodTemplateSpec['spec']> };
}
