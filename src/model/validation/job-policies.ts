import type { JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { eachOf } from '../each-of.ts';
import { checkQualifiedName } from './names.ts';

const MAX_RULES = 20;
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const STATUSES = ['False', 'True', 'Unknown'];

/** Which failures of pods end a job, count, or do not. */
export function validatePodFailurePolicy(errors: FieldErrors, spec: JobSpec, field: string): void {
  const rules = spec.podFailurePolicy?.rules ?? [];
  if (rules.length > MAX_RULES) errors.tooMany(`${field}.rules`, rules.length, MAX_RULES);
  const containers = [
    ...(spec.template?.spec?.containers ?? []),
    ...(spec.template?.spec?.initContainers ?? []),
  ];
  const names = new Set(containers.map(({ name }) => name));
  for (const [index, rule] of rules.entries())
    validateRule(errors, rule, names, spec, `${field}.rules[${index}]`);
}

function validateRule(
  errors: FieldErrors,
  { action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  names: ReadonlySet<string>,
  spec: JobSpec,
  field: string,
): void {
  if (!action)
    errors.required(
      `${field}.action`,
      `valid values: ${ACTIONS.map((one) => JSON.stringify(one)).join(', ')}`,
    );
  else if (!ACTIONS.includes(action)) errors.notSupported(`${field}.action`, action, ACTIONS);
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
    errors.invalid(`${field}.action`, action, 'requires the backoffLimitPerIndex to be set');
  if (onExitCodes !== undefined) validateExitCodes(errors, onExitCodes, names, `${field}.onExitCodes`);
  eachOf(onPodConditions, `${field}.onPodConditions`, ({ type, status }, path) => {
    errors.invalidFor(`${path}.type`, type, checkQualifiedName(type));
    if (status !== undefined && !STATUSES.includes(status))
      errors.notSupported(`${path}.status`, status, STATUSES);
  });
  const both = onExitCodes !== undefined && onPodConditions.length > 0;
  if (both) {
    errors.invalid(field, null, 'specifying both OnExitCodes and OnPodConditions is not supported');
  } else if (onExitCodes === undefined && onPodConditions.length === 0) {
    errors.invalid(field, null, 'specifying one of OnExitCodes and OnPodConditions is required');
  }
}

function validateExitCodes(
  errors: FieldErrors,
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
  names: ReadonlySet<string>,
  field: string,
): void {
  if (operator !== 'In' && operator !== 'NotIn')
    errors.notSupported(`${field}.operator`, operator, ['In', 'NotIn']);
  if (containerName && !names.has(containerName))
    errors.invalid(
      `${field}.containerName`,
      containerName,
      'must be one of the container or initContainer names in the pod template',
    );
  if (values.length === 0) errors.invalid(`${field}.values`, values, 'at least one value is required');
  const seen = new Set<number>();
  eachOf(values, `${field}.values`, (value, path) => {
    if (operator === 'In' && value === 0) errors.invalid(path, value, 'must not be 0 for the In operator');
    if (seen.has(value)) errors.duplicate(path, value);
    else if (value < Math.max(...seen)) errors.invalid(`${field}.values`, values, 'must be ordered');
    seen.add(value);
  });
}
