import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { tryParseQuantity } from '../quantity.ts';
import { validateLabelSelector } from './label-selector.ts';
import { checkDnsSubdomain } from './names.ts';
import { validateObjectMeta } from './object-meta.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** @param claim after defaulting */
export function validatePersistentVolumeClaim(claim: PersistentVolumeClaim): FieldError[] {
  const errors = new FieldErrors();
  validateObjectMeta(errors, claim.metadata);
  validateClaimSpec(errors, claim.spec ?? {}, 'spec');
  return errors.list;
}

export function validateClaimSpec(errors: FieldErrors, spec: PersistentVolumeClaimSpec, field: string): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) errors.required(`${field}.accessModes`, 'at least 1 access mode is required');
  for (const mode of modes) {
    if (!ACCESS_MODES.includes(mode)) errors.notSupported(`${field}.accessModes`, mode, ACCESS_MODES);
  }
  if (modes.length > 1 && modes.includes('ReadWriteOncePod')) {
    errors.forbidden(`${field}.accessModes`, 'may not use ReadWriteOncePod with other access modes');
  }
  const storage = spec.resources?.requests?.['storage'];
  if (storage === undefined) errors.required(`${field}.resources[storage]`);
  else if ((tryParseQuantity(storage)?.nano ?? 0n) <= 0n) {
    errors.invalid(`${field}.resources[storage]`, storage, 'must be greater than zero');
  }
  if (spec.storageClassName) {
    errors.invalidFor(
      `${field}.storageClassName`,
      spec.storageClassName,
      checkDnsSubdomain(spec.storageClassName),
    );
  }
  if (spec.volumeMode !== undefined && !['Block', 'Filesystem'].includes(spec.volumeMode)) {
    errors.notSupported(`${field}.volumeMode`, spec.volumeMode, ['Block', 'Filesystem']);
  }
  validateLabelSelector(errors, spec.selector, `${field}.selector`);
}
