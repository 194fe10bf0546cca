/** @see kubernetes/pkg/apis/storage/validation/validation.go */
import type { StorageClass } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { sameValue } from '../same-value.ts';
import { checkQualifiedName } from './names.ts';

const MAX_PARAMETERS = 512;
const MAX_PARAMETERS_BYTES = 256 * 1024;
const RECLAIM_POLICIES = ['Delete', 'Retain'];
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];

/** @param storageClass after defaulting */
export function validateStorageClass(storageClass: StorageClass): FieldError[] {
  const errors = new FieldErrors();
  const { provisioner, reclaimPolicy = 'Delete', volumeBindingMode = 'Immediate' } = storageClass;
  if (!provisioner) errors.required('provisioner');
  else errors.invalidFor('provisioner', provisioner, checkQualifiedName(provisioner.toLowerCase()));
  const parameters = Object.entries(storageClass.parameters ?? {});
  if (parameters.length > MAX_PARAMETERS) errors.tooLong('parameters', MAX_PARAMETERS);
  const bytes = parameters.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (bytes > MAX_PARAMETERS_BYTES) errors.tooLong('parameters', MAX_PARAMETERS_BYTES);
  if (parameters.some(([key]) => key === '')) errors.invalid('parameters', '', 'field can not be empty.');
  if (!RECLAIM_POLICIES.includes(reclaimPolicy))
    errors.notSupported('reclaimPolicy', reclaimPolicy, RECLAIM_POLICIES);
  if (!BINDING_MODES.includes(volumeBindingMode))
    errors.notSupported('volumeBindingMode', volumeBindingMode, BINDING_MODES);
  return errors.list;
}

export function validateStorageClassUpdate(next: StorageClass, previous: StorageClass): FieldError[] {
  const errors = new FieldErrors();
  errors.addAll(validateStorageClass(next));
  for (const name of ['parameters', 'provisioner', 'reclaimPolicy'] as const) {
    if (!sameValue(next[name], previous[name])) errors.forbidden(name, `updates to ${name} are forbidden.`);
  }
  if (next.volumeBindingMode !== previous.volumeBindingMode)
    errors.invalid('volumeBindingMode', next.volumeBindingMode ?? null, 'field is immutable');
  return errors.list;
}
