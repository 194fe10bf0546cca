/**
 * The environment of a container, from what its manifest says.
 * @see kubernetes/pkg/kubelet/kubelet_pods.go makeEnvironmentVariables
 */
import type {
  ConfigMap,
  Container,
  EnvFromSource,
  EnvVar,
  EphemeralContainer,
  Pod,
  Secret,
} from '../api/types.ts';
import { PeapodError } from '../errors.ts';
import { fieldPathValue } from '../field-path.ts';
import type { ResourceAmounts } from '../resource-list.ts';
import { checkEnvVarName } from '../validation/names.ts';
import { expandVariables } from './expand-variables.ts';
import { resourceFieldValue } from './resource-field-value.ts';

/** Where values come from; what `envReferences` names has been fetched. */
export interface EnvSources {
  /** `undefined`: there is no such object. */
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
  /** Where the API server is, in variables that everything else may set anew. */
  readonly service?: ReadonlyMap<string, string>;
  /** What limits that are not set stand for. */
  readonly nodeAllocatable: ResourceAmounts;
}

export interface ContainerEnv {
  /** In the order in which they are set. */
  readonly variables: ReadonlyMap<string, string>;
  /** Keys that are no names of variables, to be told in an event. */
  readonly skipped: readonly SkippedKeys[];
}

export interface SkippedKeys {
  readonly kind: 'configMap' | 'secret';
  readonly name: string;
  readonly keys: readonly string[];
}

/** The objects that a container's environment needs. */
export function envReferences(container: Container | EphemeralContainer): {
  configMaps: Set<string>;
  secrets: Set<string>;
} {
  const configMaps = new Set<string>();
  const secrets = new Set<string>();
  for (const { configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef?.name) configMaps.add(configMapRef.name);
    if (secretRef?.name) secrets.add(secretRef.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.configMapKeyRef?.name) configMaps.add(valueFrom.configMapKeyRef.name);
    if (valueFrom?.secretKeyRef?.name) secrets.add(valueFrom.secretKeyRef.name);
  }
  return { configMaps, secrets };
}

/**
 * `envFrom` first, in order; then `env`, whose values may use what stands before them. The last to set a name wins.
 * @param pod with the status that `fieldRef` may ask for
 * @throws PeapodError CreateContainerConfigError when something is missing that is not optional; its hint names the field
 */
export function containerEnv(
  pod: Pod,
  container: Container | EphemeralContainer,
  sources: EnvSources,
): ContainerEnv {
  const variables = new Map(sources.service);
  const skipped: SkippedKeys[] = [];
  for (const [index, source] of (container.envFrom ?? []).entries()) {
    const from = readEnvFrom(source, sources, `${container.name}: envFrom[${index}]`);
    const bad: string[] = [];
    for (const [key, value] of from.entries) {
      const name = `${source.prefix ?? ''}${key}`;
      if (checkEnvVarName(name).length > 0) bad.push(key);
      else variables.set(name, value);
    }
    if (bad.length > 0) skipped.push({ kind: from.kind, name: from.name, keys: bad.sort() });
  }
  for (const [index, variable] of (container.env ?? []).entries()) {
    const where = `${container.name}: env[${index}] (${variable.name})`;
    const value = variableValue(pod, container, variable, variables, sources, where);
    if (value !== undefined) variables.set(variable.name, value);
  }
  return { variables, skipped };
}

interface EnvFromEntries {
  kind: 'configMap' | 'secret';
  name: string;
  entries: [string, string][];
}

function readEnvFrom(source: EnvFromSource, sources: EnvSources, where: string): EnvFromEntries {
  const { configMapRef, secretRef } = source;
  if (configMapRef) {
    const name = configMapRef.name ?? '';
    const configMap = sources.configMap(name);
    if (configMap === undefined && configMapRef.optional !== true)
      missing(`configmap "${name}" not found`, where);
    return { kind: 'configMap', name, entries: sorted(configMap?.data) };
  }
  const name = secretRef?.name ?? '';
  const secret = sources.secret(name);
  if (secret === undefined && secretRef?.optional !== true) missing(`secret "${name}" not found`, where);
  const entries = sorted(secret?.data).map(([key, value]): [string, string] => [key, decode(value)]);
  return { kind: 'secret', name, entries };
}

/** `undefined`: the variable is not set. */
function variableValue(
  pod: Pod,
  container: Container | EphemeralContainer,
  variable: EnvVar,
  before: ReadonlyMap<string, string>,
  sources: EnvSources,
  where: string,
): string | undefined {
  const from = variable.valueFrom;
  if (variable.value || from === undefined) {
    return expandVariables(variable.value ?? '', (name) => before.get(name));
  }
  const namespace = pod.metadata?.namespace ?? 'default';
  if (from.fieldRef) return orConfigError(where, () => fieldPathValue(pod, from.fieldRef?.fieldPath ?? ''));
  const { resourceFieldRef, configMapKeyRef, secretKeyRef } = from;
  if (resourceFieldRef) {
    return orConfigError(where, () =>
      resourceFieldValue(pod, container, resourceFieldRef, sources.nodeAllocatable),
    );
  }
  if (configMapKeyRef) {
    const { name = '', key, optional } = configMapKeyRef;
    const configMap = sources.configMap(name);
    const value = ownValue(configMap?.data, key);
    if (value !== undefined || optional === true) return value;
    if (configMap === undefined) missing(`configmap "${name}" not found`, where);
    missing(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`, where);
  }
  if (secretKeyRef) {
    const { name = '', key, optional } = secretKeyRef;
    const secret = sources.secret(name);
    const value = ownValue(secret?.data, key);
    if (value !== undefined) return decode(value);
    if (optional === true) return undefined;
    if (secret === undefined) missing(`secret "${name}" not found`, where);
    missing(`couldn't find key ${key} in Secret ${namespace}/${name}`, where);
  }
  return missing('the value comes from a source that is not supported', where);
}

function orConfigError(where: string, read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return missing(error.message, where);
  }
}

function missing(message: string, where: string): never {
  throw new PeapodError('CreateContainerConfigError', message, {
    hint: `needed by ${where}`,
    retryable: true,
  });
}

function ownValue(map: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined;
}

function sorted(map: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
