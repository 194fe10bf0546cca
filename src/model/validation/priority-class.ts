/** @see kubernetes/pkg/apis/scheduling/validation/validation.go */
import type { PriorityClass } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';

/** What users may give; what is higher is the system's. */
export const HIGHEST_USER_PRIORITY = 1_000_000_000;
export const PREEMPTION_POLICIES = ['Never', 'PreemptLowerPriority'];

const SYSTEM_PREFIX = 'system-';
const LOWEST_PRIORITY = -2_147_483_648;

/** The classes that are always there. */
export const SYSTEM_PRIORITY_CLASSES: readonly PriorityClass[] = [
  systemClass(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
  systemClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
];

function systemClass(name: string, value: number, description: string): PriorityClass {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

export function validatePriorityClass(priorityClass: PriorityClass): FieldError[] {
  const errors = new FieldErrors();
  const { metadata, value = 0, preemptionPolicy: policy } = priorityClass;
  const { name = '' } = metadata ?? {};
  if (name.startsWith(SYSTEM_PREFIX)) {
    const problem = systemClassProblem(priorityClass, name);
    if (problem !== undefined) {
      const detail = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${problem}`;
      errors.forbidden('metadata.name', detail);
    }
  } else if (value > HIGHEST_USER_PRIORITY) {
    errors.forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`);
  } else if (value < LOWEST_PRIORITY) {
    errors.invalid('value', value, `must be greater than or equal to ${LOWEST_PRIORITY}`);
  }
  if (policy !== undefined && !PREEMPTION_POLICIES.includes(policy))
    errors.notSupported('preemptionPolicy', policy, PREEMPTION_POLICIES);
  return errors.list;
}

function systemClassProblem(
  { value, globalDefault = false }: PriorityClass,
  name: string,
): string | undefined {
  const known = SYSTEM_PRIORITY_CLASSES.find(({ metadata }) => metadata?.name === name);
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known.value) return `value of ${name} PriorityClass must be ${known.value}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

/** Pods have been given the value, so that it stays. */
export function validatePriorityClassUpdate(next: PriorityClass, previous: PriorityClass): FieldError[] {
  const errors = new FieldErrors();
  errors.addAll(validatePriorityClass(next));
  if (next.value !== previous.value) errors.forbidden('value', 'may not be changed in an update.');
  if (next.preemptionPolicy !== previous.preemptionPolicy)
    errors.invalid('preemptionPolicy', next.preemptionPolicy ?? null, 'field is immutable');
  return errors.list;
}
