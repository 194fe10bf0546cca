/**
 * Deployments, ReplicaSets and DaemonSets.
 * @see kubernetes/pkg/apis/apps/validation/validation.go
 */
import type {
  ControllerRevision,
  DaemonSet,
  DaemonSetUpdateStrategy,
  Deployment,
  DeploymentStrategy,
  ReplicaSet,
} from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { sameValue } from '../same-value.ts';
import { checkAtMostAll, checkIntOrPercent, isNone } from './int-or-percent.ts';
import { checkNotNegative } from './numbers.ts';
import { validateLastingPods } from './pod-template.ts';

/** @param deployment after defaulting */
export function validateDeployment({ spec }: Deployment): FieldError[] {
  const errors = new FieldErrors();
  checkNotNegative(errors, spec?.replicas, 'spec.replicas');
  validateLastingPods(errors, 'deployment', spec?.selector, spec?.template);
  validateStrategy(errors, spec?.strategy ?? {});
  for (const name of ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds'] as const)
    checkNotNegative(errors, spec?.[name], `spec.${name}`);
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec ?? {};
  if (deadline !== undefined && deadline <= minReadySeconds)
    errors.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds');
  return errors.list;
}

function validateStrategy(errors: FieldErrors, { type, rollingUpdate }: DeploymentStrategy): void {
  const field = 'spec.strategy.rollingUpdate';
  if (type === 'Recreate') {
    if (rollingUpdate !== undefined)
      errors.forbidden(field, "may not be specified when strategy `type` is 'Recreate'");
    return;
  }
  if (type !== 'RollingUpdate')
    return errors.notSupported('spec.strategy.type', type ?? '', ['Recreate', 'RollingUpdate']);
  const { maxSurge, maxUnavailable } = rollingUpdate ?? {};
  checkIntOrPercent(errors, maxUnavailable, `${field}.maxUnavailable`);
  checkIntOrPercent(errors, maxSurge, `${field}.maxSurge`);
  if (isNone(maxUnavailable) && isNone(maxSurge))
    errors.invalid(`${field}.maxUnavailable`, maxUnavailable ?? 0, 'may not be 0 when `maxSurge` is 0');
  checkAtMostAll(errors, maxUnavailable, `${field}.maxUnavailable`);
}

/** @param replicaSet after defaulting */
export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  const errors = new FieldErrors();
  checkNotNegative(errors, spec?.replicas, 'spec.replicas');
  checkNotNegative(errors, spec?.minReadySeconds, 'spec.minReadySeconds');
  validateLastingPods(errors, 'deployment', spec?.selector, spec?.template);
  return errors.list;
}

/** @param daemonSet after defaulting */
export function validateDaemonSet({ spec }: DaemonSet): FieldError[] {
  const errors = new FieldErrors();
  validateLastingPods(errors, 'daemonset', spec?.selector, spec?.template);
  for (const name of ['minReadySeconds', 'revisionHistoryLimit'] as const)
    checkNotNegative(errors, spec?.[name], `spec.${name}`);
  validateUpdateStrategy(errors, spec?.updateStrategy ?? {});
  return errors.list;
}

function validateUpdateStrategy(errors: FieldErrors, strategy: DaemonSetUpdateStrategy): void {
  const { type, rollingUpdate } = strategy;
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate')
    return errors.notSupported('spec.updateStrategy.type', type ?? '', ['OnDelete', 'RollingUpdate']);
  const field = 'spec.updateStrategy.rollingUpdate';
  const { maxSurge, maxUnavailable } = rollingUpdate ?? {};
  for (const [name, value] of Object.entries({ maxUnavailable, maxSurge })) {
    checkIntOrPercent(errors, value, `${field}.${name}`);
    checkAtMostAll(errors, value, `${field}.${name}`);
  }
  if (!isNone(maxUnavailable) && !isNone(maxSurge))
    errors.invalid(`${field}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero');
  else if (isNone(maxUnavailable) && isNone(maxSurge))
    errors.required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0');
}

/** Which pods are its own never changes. */
export function selectorKept(
  next: { spec?: { selector?: unknown } },
  previous: { spec?: { selector?: unknown } },
): FieldError[] {
  const errors = new FieldErrors();
  const selector = next.spec?.selector;
  if (!sameValue(selector, previous.spec?.selector))
    errors.invalid('spec.selector', selector ?? null, 'field is immutable');
  return errors.list;
}

export function validateControllerRevision({ data, revision }: ControllerRevision): FieldError[] {
  const errors = new FieldErrors();
  if (data === undefined || data === null) errors.required('data', 'data is mandatory');
  checkNotNegative(errors, revision, 'revision');
  return errors.list;
}
