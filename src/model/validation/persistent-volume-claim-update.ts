/** @see kubernetes/pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaimUpdate */
import { sameValue } from '../same-value.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { compareQuantities, tryParseQuantity } from '../quantity.ts';
import { validatePersistentVolumeClaim } from './persistent-volume-claim.ts';

const IMMUTABLE =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

/** A claim keeps its specification; once, it may be bound, and when it is bound it may grow. */
export function validatePersistentVolumeClaimUpdate(
  next: PersistentVolumeClaim,
  previous: PersistentVolumeClaim,
): FieldError[] {
  const errors = new FieldErrors();
  errors.addAll(validatePersistentVolumeClaim(next));
  const after = next.spec ?? {};
  const before = previous.spec ?? {};
  const isBound = previous.status?.phase === 'Bound';
  if (!sameValue(fixedPart(after, before, isBound), fixedPart(before, before, isBound)))
    errors.forbidden('spec', IMMUTABLE);
  if (isBound && isSmaller(after, previous))
    errors.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity');
  return errors.list;
}

function fixedPart(
  spec: PersistentVolumeClaimSpec,
  before: PersistentVolumeClaimSpec,
  isBound: boolean,
): object {
  const { volumeName, storageClassName, resources, volumeAttributesClassName, ...rest } = spec;
  return {
    ...rest,
    ...(before.volumeName ? { volumeName } : {}),
    // A class may be given to a claim that did not name any, by whoever knows the default.
    ...(before.storageClassName === undefined ? {} : { storageClassName }),
    ...(isBound ? { limits: resources?.limits } : { resources, volumeAttributesClassName }),
  };
}

function isSmaller(after: PersistentVolumeClaimSpec, { spec, status }: PersistentVolumeClaim): boolean {
  const wanted = tryParseQuantity(after.resources?.requests?.['storage'] ?? '');
  const asked = tryParseQuantity(spec?.resources?.requests?.['storage'] ?? '');
  const capacity = tryParseQuantity(status?.capacity?.['storage'] ?? '');
  if (wanted === undefined || asked === undefined || compareQuantities(wanted, asked) >= 0) return false;
  return capacity === undefined || compareQuantities(wanted, capacity) <= 0;
}
