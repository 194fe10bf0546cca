import type { ObjectMeta } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { eachOf } from '../each-of.ts';
import { checkDnsLabel, checkDnsSubdomain, checkLabelValue, checkQualifiedName } from './names.ts';

const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** @param checkName the rule for names of this kind of object */
export function validateObjectMeta(
  errors: FieldErrors,
  metadata: ObjectMeta | undefined,
  field = 'metadata',
  checkName: (name: string) => readonly string[] = checkDnsSubdomain,
): void {
  const name = metadata?.name ?? '';
  const generateName = metadata?.generateName ?? '';
  if (generateName !== '') {
    errors.invalidFor(`${field}.generateName`, generateName, checkName(generateName.replace(/-$/, 'a')));
  }
  if (name !== '') errors.invalidFor(`${field}.name`, name, checkName(name));
  else if (generateName === '') errors.required(`${field}.name`, 'name or generateName is required');
  const namespace = metadata?.namespace ?? '';
  if (namespace !== '') errors.invalidFor(`${field}.namespace`, namespace, checkDnsLabel(namespace));
  validateLabels(errors, metadata?.labels, `${field}.labels`);
  validateAnnotations(errors, metadata?.annotations, `${field}.annotations`);
  eachOf(metadata?.finalizers, `${field}.finalizers`, (finalizer, path) =>
    errors.invalidFor(path, finalizer, checkQualifiedName(finalizer)),
  );
}

export function validateLabels(
  errors: FieldErrors,
  labels: Record<string, string> | undefined,
  field: string,
): void {
  if (labels === undefined) return;
  for (const key of Object.keys(labels)) {
    const value = labels[key] ?? '';
    errors.invalidFor(field, key, checkQualifiedName(key));
    errors.invalidFor(`${field}[${key}]`, value, checkLabelValue(value));
  }
}

function validateAnnotations(
  errors: FieldErrors,
  annotations: Record<string, string> | undefined,
  field: string,
): void {
  if (annotations === undefined) return;
  let bytes = 0;
  for (const key of Object.keys(annotations)) {
    errors.invalidFor(field, key, checkQualifiedName(key.toLowerCase()));
    bytes += Buffer.byteLength(key) + Buffer.byteLength(annotations[key] ?? '');
  }
  if (bytes > MAX_ANNOTATIONS_BYTES) errors.tooLong(field, MAX_ANNOTATIONS_BYTES);
}
