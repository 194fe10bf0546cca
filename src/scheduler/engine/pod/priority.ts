/**
 * A pod's priority: its own, or its class's, or the default class's, or 0.
 * @see kubernetes/plugin/pkg/admission/priority/admission.go
 */
import type { Pod, PriorityClass } from '../../../model/api/types.ts';
import type { FieldErrors } from '../../../model/field-error.ts';

export type PriorityClasses = ReadonlyMap<string, PriorityClass>;

export interface ResolvedPriority {
  readonly priority: number;
  readonly mayPreempt: boolean;
}

/** The classes that every cluster has. */
const SYSTEM_CLASSES: ReadonlyMap<string, PriorityClass> = new Map([
  ['system-cluster-critical', { value: 2_000_000_000 }],
  ['system-node-critical', { value: 2_000_001_000 }],
]);

const POLICIES = ['PreemptLowerPriority', 'Never'];
/** Priorities are 32-bit integers. */
export const PRIORITY_RANGE = [-(2 ** 31), 2 ** 31 - 1] as const;

export function resolvePriority(pod: Pod, classes: PriorityClasses, errors: FieldErrors): ResolvedPriority {
  const { priority: own, priorityClassName: name, preemptionPolicy } = pod.spec ?? {};
  const named = name ? priorityClassOf(name, classes) : defaultClass(classes);
  if (name && named === undefined && own === undefined) errors.notFound('spec.priorityClassName', name);
  const priority = own ?? named?.value ?? 0;
  if (!isPriority(priority)) errors.invalid('spec.priority', priority, 'must be a 32-bit integer');
  const policy = preemptionPolicy ?? named?.preemptionPolicy ?? 'PreemptLowerPriority';
  if (!POLICIES.includes(policy)) errors.notSupported('spec.preemptionPolicy', policy, POLICIES);
  return { priority, mayPreempt: policy !== 'Never' };
}

export function checkPriorityClass(
  { value = 0, preemptionPolicy }: PriorityClass,
  errors: FieldErrors,
): void {
  if (!isPriority(value)) errors.invalid('value', value, 'must be a 32-bit integer');
  if (preemptionPolicy !== undefined && !POLICIES.includes(preemptionPolicy))
    errors.notSupported('preemptionPolicy', preemptionPolicy, POLICIES);
}

function isPriority(value: number): boolean {
  const [least, most] = PRIORITY_RANGE;
  return Number.isInteger(value) && value >= least && value <= most;
}

export function priorityClassOf(name: string, classes: PriorityClasses): PriorityClass | undefined {
  return classes.get(name) ?? SYSTEM_CLASSES.get(name);
}

function defaultClass(classes: PriorityClasses): PriorityClass | undefined {
  let chosen: PriorityClass | undefined;
  for (const priorityClass of classes.values()) {
    if (!priorityClass.globalDefault) continue;
    if (chosen === undefined || (priorityClass.value ?? 0) < (chosen.value ?? 0)) chosen = priorityClass;
  }
  return chosen;
}
