/**
 * What the API server demands of a pod.
 * @see kubernetes/pkg/apis/core/validation/validation.go
 */
import type { Pod, PodSpec } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { eachOf } from '../each-of.ts';
import { validateAffinity } from './affinity.ts';
import { validateContainers } from './containers.ts';
import { validateDns } from './dns.ts';
import { validateObjectName } from './env.ts';
import { validateEphemeralContainers } from './ephemeral-containers.ts';
import { checkDnsSubdomain, checkQualifiedName } from './names.ts';
import { checkNotNegative, checkRange, MAX_ID } from './numbers.ts';
import { validateObjectMeta } from './object-meta.ts';
import { validatePodSecurity } from './pod-security-context.ts';
import { validateHostNetworkPorts } from './ports.ts';
import { validateList, validatePodResources } from './resources.ts';
import { validateScheduling } from './scheduling.ts';
import { validateVolumes } from './volumes.ts';

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const NAMES_OF_OTHERS = ['serviceAccountName', 'runtimeClassName'] as const;

/**
 * Every error of a new pod.
 * @param pod after defaulting
 */
export function validatePod(pod: Pod): FieldError[] {
  const errors = new FieldErrors();
  validateObjectMeta(errors, pod.metadata);
  validateNewPodSpec(errors, pod);
  return errors.list;
}

/** Every error of a new pod but for those of its metadata, which who serves all kinds looks at himself. */
export function newPodSpecErrors(pod: Pod): FieldError[] {
  const errors = new FieldErrors();
  validateNewPodSpec(errors, pod);
  return errors.list;
}

function validateNewPodSpec(errors: FieldErrors, { spec = { containers: [] } }: Pod): void {
  validatePodSpec(errors, spec, 'spec');
  if ((spec.ephemeralContainers ?? []).length > 0)
    errors.forbidden('spec.ephemeralContainers', 'cannot be set on create');
}

/** Every error of the containers that somebody adds to a running pod to look into it. */
export function validateAddedEphemeralContainers(pod: Pod): FieldError[] {
  const errors = new FieldErrors();
  if (pod.spec !== undefined) validateEphemeralContainers(errors, pod.spec, 'spec');
  return errors.list;
}

/** @param field where the specification stands: `spec`, or `spec.template.spec` in what makes pods */
export function validatePodSpec(errors: FieldErrors, spec: PodSpec, field: string): void {
  validateVolumes(errors, spec, field);
  validateContainers(errors, spec, field);
  validatePodResources(errors, spec, field);
  validateList(errors, spec.overhead, `${field}.overhead`);
  validatePodSecurity(errors, spec, field);
  if (spec.hostNetwork === true) {
    validateHostNetworkPorts(errors, spec.containers, `${field}.containers`);
    validateHostNetworkPorts(errors, spec.initContainers, `${field}.initContainers`);
  }
  validateDns(errors, spec, field);
  validateScheduling(errors, spec, field);
  validateAffinity(errors, spec.affinity, `${field}.affinity`);
  validateLife(errors, spec, field);
  validateReferences(errors, spec, field);
}

function validateLife(errors: FieldErrors, spec: PodSpec, field: string): void {
  const policy = spec.restartPolicy ?? 'Always';
  if (policy === '') errors.required(`${field}.restartPolicy`);
  else if (!RESTART_POLICIES.includes(policy))
    errors.notSupported(`${field}.restartPolicy`, policy, RESTART_POLICIES);
  checkRange(errors, spec.activeDeadlineSeconds, `${field}.activeDeadlineSeconds`, 1, MAX_ID);
  checkNotNegative(errors, spec.terminationGracePeriodSeconds, `${field}.terminationGracePeriodSeconds`);
  eachOf(spec.readinessGates, `${field}.readinessGates`, ({ conditionType }, path) =>
    errors.invalidFor(`${path}.conditionType`, conditionType, checkQualifiedName(conditionType)),
  );
  if (spec.os && spec.os.name !== 'linux' && spec.os.name !== 'windows') {
    errors.notSupported(`${field}.os.name`, spec.os.name, ['linux', 'windows']);
  }
}

function validateReferences(errors: FieldErrors, spec: PodSpec, field: string): void {
  for (const name of NAMES_OF_OTHERS) {
    const value = spec[name];
    if (value) errors.invalidFor(`${field}.${name}`, value, checkDnsSubdomain(value));
  }
  eachOf(spec.imagePullSecrets, `${field}.imagePullSecrets`, ({ name }, path) =>
    validateObjectName(errors, name, path),
  );
}
