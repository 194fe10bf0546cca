import type { Container, EphemeralContainer, PodSpec } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { Seen } from '../seen.ts';
import { eachOf } from '../each-of.ts';
import { isSidecar } from '../pod-requests.ts';
import { validateEnv } from './env.ts';
import { validateLifecycle, validateProbe } from './handlers.ts';
import { checkDnsLabel } from './names.ts';
import { checkNoNul } from './paths.ts';
import { validateHostPorts, validatePorts } from './ports.ts';
import { validateResizePolicy } from './resize-policy.ts';
import { validateResources } from './resources.ts';
import { validateContainerRestart } from './restart-rules.ts';
import { validateSecurityContext } from './security-context.ts';
import { validateVolumeMounts } from './volume-mounts.ts';
import { volumeNames } from './volumes.ts';

const TEXTS = ['command', 'args'] as const;
const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['FallbackToLogsOnError', 'File'];
const DEFAULT_GRACE_SECONDS = 30;

/** What the rules of a container look at of its pod. */
interface ContainersPod {
  readonly spec: PodSpec;
  readonly volumes: ReadonlySet<string>;
}

/** App and init containers; ephemeral ones have their own rules. */
export function validateContainers(errors: FieldErrors, spec: PodSpec, specField: string): void {
  const names = new Seen<string>();
  const pod = { spec, volumes: volumeNames(spec) };
  const app = `${specField}.containers`;
  if (spec.containers.length === 0) errors.required(app);
  eachOf(spec.containers, app, (container, field) => {
    validateContainer(errors, container, pod, field);
    validateOwnLife(errors, container, spec, field);
    checkUniqueName(errors, container.name, names, field);
  });
  validateHostPorts(errors, spec.containers, app);
  eachOf(spec.initContainers, `${specField}.initContainers`, (container, field) => {
    validateContainer(errors, container, pod, field);
    if (isSidecar(container)) validateOwnLife(errors, container, spec, field);
    else validateOneShot(errors, container, field);
    checkUniqueName(errors, container.name, names, field);
  });
  validateHostPorts(errors, spec.initContainers, `${specField}.initContainers`);
}

export function checkUniqueName(errors: FieldErrors, name: string, names: Seen<string>, field: string): void {
  if (names.again(name)) errors.duplicate(`${field}.name`, name);
}

/** What all containers have in common. */
export function validateContainer(
  errors: FieldErrors,
  container: Container | EphemeralContainer,
  { spec, volumes }: ContainersPod,
  field: string,
): void {
  if (container.name === '') errors.required(`${field}.name`);
  else errors.invalidFor(`${field}.name`, container.name, checkDnsLabel(container.name));
  const { image = '', imagePullPolicy, terminationMessagePolicy } = container;
  if (image === '') errors.required(`${field}.image`);
  else if (image !== image.trim()) {
    errors.invalid(`${field}.image`, image, 'must not have leading or trailing whitespace');
  }
  if (imagePullPolicy !== undefined && !PULL_POLICIES.includes(imagePullPolicy)) {
    errors.notSupported(`${field}.imagePullPolicy`, imagePullPolicy, PULL_POLICIES);
  }
  if (terminationMessagePolicy !== undefined && !MESSAGE_POLICIES.includes(terminationMessagePolicy)) {
    errors.notSupported(`${field}.terminationMessagePolicy`, terminationMessagePolicy, MESSAGE_POLICIES);
  }
  for (const name of TEXTS) {
    eachOf(container[name], `${field}.${name}`, (text, path) => checkNoNul(errors, text, path));
  }
  checkNoNul(errors, container.workingDir ?? '', `${field}.workingDir`);
  validatePorts(errors, container.ports, field);
  validateEnv(errors, container, field);
  validateVolumeMounts(errors, container, volumes, field);
  validateResources(errors, container.resources, `${field}.resources`);
  validateResizePolicy(errors, container, spec, field);
  validateSecurityContext(errors, container.securityContext, spec, field);
  validateContainerRestart(errors, container, field);
}

/** Probes and hooks, of containers that run as long as the pod does. */
function validateOwnLife(errors: FieldErrors, container: Container, spec: PodSpec, field: string): void {
  const grace = spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  validateLifecycle(errors, container.lifecycle, field, grace, spec.os?.name);
  for (const kind of PROBES) {
    validateProbe(errors, kind, container[kind], field);
  }
}

function validateOneShot(errors: FieldErrors, container: Container, field: string): void {
  for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (container[name] === undefined) continue;
    errors.forbidden(`${field}.${name}`, 'may not be set for init containers without restartPolicy=Always');
  }
}
