/** References to fields of the pod and resources of its containers, in environment variables and volumes. */
import type { ObjectFieldSelector, ResourceFieldSelector } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { splitSubscript } from '../field-path.ts';
import { formatQuantity, tryParseQuantity } from '../quantity.ts';
import { checkQualifiedName } from './names.ts';

export const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
export const VOLUME_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
const RESOURCES = ['cpu', 'ephemeral-storage', 'memory'].flatMap((name) => [
  `limits.${name}`,
  `requests.${name}`,
]);
const BINARY = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

export function validateFieldRef(
  errors: FieldErrors,
  reference: ObjectFieldSelector,
  field: string,
  supported: readonly string[],
): void {
  if (reference.apiVersion === '') errors.required(`${field}.apiVersion`);
  if (reference.fieldPath === '') {
    errors.required(`${field}.fieldPath`);
    return;
  }
  const { path, subscript } = splitSubscript(reference.fieldPath);
  if (subscript === undefined) {
    if (!supported.includes(path)) {
      errors.notSupported(`${field}.fieldPath`, reference.fieldPath, supported);
    }
    return;
  }
  if (path !== 'metadata.labels' && path !== 'metadata.annotations') {
    errors.invalid(`${field}.fieldPath`, path, 'does not support subscript');
    return;
  }
  const key = path === 'metadata.annotations' ? subscript.toLowerCase() : subscript;
  errors.invalidFor(field, subscript, checkQualifiedName(key));
}

export function validateResourceFieldRef(
  errors: FieldErrors,
  reference: ResourceFieldSelector,
  field: string,
  inVolume: boolean,
): void {
  if (inVolume && !reference.containerName) errors.required(`${field}.containerName`);
  const { resource } = reference;
  if (resource === '') {
    errors.required(`${field}.resource`);
    return;
  }
  const isHugePages = /^(?:limits|requests)\.hugepages-/.test(resource);
  if (!isHugePages && !RESOURCES.includes(resource)) {
    errors.notSupported(`${field}.resource`, resource, RESOURCES);
    return;
  }
  const quantity = tryParseQuantity(reference.divisor ?? '0');
  if (quantity?.nano === 0n) return;
  const divisor = quantity === undefined ? undefined : formatQuantity(quantity);
  const name = resource.slice(resource.indexOf('.') + 1);
  const supported = name === 'cpu' ? ['1m', '1'] : BINARY;
  if (divisor !== undefined && supported.includes(divisor)) return;
  const values = name === 'cpu' ? '1m and 1' : BINARY.join(', ');
  const what = name === 'ephemeral-storage' ? 'local ephemeral storage' : isHugePages ? 'hugepages' : name;
  errors.invalid(
    `${field}.divisor`,
    reference.divisor,
    `only divisor's values ${values} are supported with the ${what} resource`,
  );
}
