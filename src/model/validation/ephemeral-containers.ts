import type { EphemeralContainer, PodSpec } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { eachOf } from '../each-of.ts';
import { Seen } from '../seen.ts';
import { checkUniqueName, validateContainer } from './containers.ts';
import { volumeNames } from './volumes.ts';

/** What somebody who looks into a running pod may not ask for. */
const FORBIDDEN = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
] as const;

export function validateEphemeralContainers(errors: FieldErrors, spec: PodSpec, specField: string): void {
  const targets = new Set([...spec.containers, ...(spec.initContainers ?? [])].map(({ name }) => name));
  const names = new Seen(targets);
  const volumes = volumeNames(spec);
  eachOf(spec.ephemeralContainers, `${specField}.ephemeralContainers`, (container, field) => {
    validateContainer(errors, container, { spec, volumes }, field);
    checkUniqueName(errors, container.name, names, field);
    validateRestrictions(errors, container, field);
    const target = container.targetContainerName;
    if (target && !targets.has(target)) errors.notFound(`${field}.targetContainerName`, target);
  });
}

function validateRestrictions(errors: FieldErrors, container: EphemeralContainer, field: string): void {
  const detail = 'cannot be set for an Ephemeral Container';
  for (const name of FORBIDDEN) {
    if (container[name] !== undefined) errors.forbidden(`${field}.${name}`, detail);
  }
  if (Object.keys(container.resources ?? {}).length > 0) errors.forbidden(`${field}.resources`, detail);
  eachOf(container.volumeMounts, `${field}.volumeMounts`, (mount, path) => {
    for (const name of ['subPath', 'subPathExpr'] as const)
      if (mount[name]) errors.forbidden(`${path}.${name}`, detail);
  });
}
