/** @see kubernetes/pkg/apis/policy/validation/validation.go */
import type { PodDisruptionBudget } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { checkAtMostAll, checkIntOrPercent } from './int-or-percent.ts';
import { validateLabelSelector } from './label-selector.ts';

const UNHEALTHY_POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];

export function validatePodDisruptionBudget({ spec = {} }: PodDisruptionBudget): FieldError[] {
  const errors = new FieldErrors();
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined)
    errors.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set');
  for (const name of ['minAvailable', 'maxUnavailable'] as const) {
    checkIntOrPercent(errors, spec[name], `spec.${name}`);
    checkAtMostAll(errors, spec[name], `spec.${name}`);
  }
  validateLabelSelector(errors, spec.selector, 'spec.selector');
  const policy = spec.unhealthyPodEvictionPolicy;
  if (policy !== undefined && !UNHEALTHY_POLICIES.includes(policy))
    errors.notSupported('spec.unhealthyPodEvictionPolicy', policy, UNHEALTHY_POLICIES);
  return errors.list;
}
