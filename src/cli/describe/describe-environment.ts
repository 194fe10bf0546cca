import type { Container, EnvVar, EphemeralContainer, Pod } from '../../model/api/types.ts';
import { resourceFieldValue } from '../../model/env/resource-field-value.ts';
import { fieldPathValue } from '../../model/field-path.ts';
import { printable } from '../output/terminal.ts';

/** @see kubernetes/staging/src/k8s.io/kubectl/pkg/describe/describe.go describeContainerEnvVars */
export function environmentLines(pod: Pod, container: Container | EphemeralContainer): string[] {
  const { env = [], envFrom = [] } = container;
  return [
    ...(envFrom.length === 0 ? [] : ['Environment Variables from:', ...envFrom.map(sourceLine)]),
    ...(env.length === 0 ? ['Environment:\t<none>'] : ['Environment:']),
    ...env.flatMap((variable) => variableLines(pod, container, variable)),
  ];
}

function sourceLine({
  configMapRef,
  secretRef,
  prefix = '',
}: NonNullable<Container['envFrom']>[number]): string {
  const reference = configMapRef ?? secretRef;
  const kind = configMapRef === undefined ? 'Secret' : 'ConfigMap';
  const named = prefix === '' ? kind : `${kind} with prefix '${prefix}'`;
  return `  ${reference?.name ?? ''}\t${named}\tOptional: ${reference?.optional === true}`;
}

function variableLines(
  pod: Pod,
  container: Container | EphemeralContainer,
  { name, value = '', valueFrom }: EnvVar,
): string[] {
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom ?? {};
  if (fieldRef !== undefined) {
    const { apiVersion = 'v1', fieldPath } = fieldRef;
    return [`  ${name}:\t${printable(fieldOf(pod, fieldPath))} (${apiVersion}:${fieldPath})`];
  }
  if (resourceFieldRef !== undefined)
    return [`  ${name}:\t${resourceOf(pod, container, resourceFieldRef)} (${resourceFieldRef.resource})`];
  if (secretKeyRef !== undefined) {
    const { key, name: secret = '', optional = false } = secretKeyRef;
    return [`  ${name}:\t<set to the key '${key}' in secret '${secret}'>\tOptional: ${optional}`];
  }
  if (configMapKeyRef !== undefined) {
    const { key, name: map = '', optional = false } = configMapKeyRef;
    return [`  ${name}:\t<set to the key '${key}' of config map '${map}'>\tOptional: ${optional}`];
  }
  return value
    .split('\n')
    .map((line, index) => (index === 0 ? `  ${name}:\t${printable(line)}` : `  \t${printable(line)}`));
}

/** What the node alone knows is left empty, as kubectl does. */
function fieldOf(pod: Pod, path: string): string {
  return path.startsWith('metadata.') ? fieldPathValue(pod, path) : '';
}

function resourceOf(
  pod: Pod,
  container: Container | EphemeralContainer,
  reference: NonNullable<NonNullable<EnvVar['valueFrom']>['resourceFieldRef']>,
): string {
  try {
    const value = resourceFieldValue(pod, container, reference, new Map());
    return value === '0' && reference.resource.startsWith('limits.') ? 'node allocatable' : value;
  } catch (error) {
    if (error instanceof RangeError) return '';
    throw error;
  }
}
