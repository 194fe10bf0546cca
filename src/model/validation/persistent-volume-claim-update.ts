/** @see kubernetes/pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaimUpdate */
import { sameValue } from '../same-value.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { compareQuantities, tryParseQuantity } from '../quantity.ts';
import { validatePersistentVolumeClaim } from './persistent-volume-claim.ts';

const IMMUTABLE =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

/** Of Kubernetes' admission, for classes that cannot: none of ours can. */
const NO_EXPANSION =
  'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';

/** A claim keeps its specification; once, it may be bound. Nothing here makes a volume grow. */
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
  if (isBound && isLarger(after, before)) errors.forbidden('spec.resources.requests.storage', NO_EXPANSION);
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

function isLarger(after: PersistentVolumeClaimSpec, before: PersistentVolumeClaimSpec): boolean {
  const wanted = tryParseQuantity(after.resources?.requests?.['storage'] ?? '');
  const asked = tryParseQuantity(before.resources?.requests?.['storage'] ?? '');
  return wanted !== undefined && asked !== undefined && compareQuantities(wanted, asked) > 0;
}

function isSmaller(after: PersistentVolumeClaimSpec, { spec, status }: PersistentVolumeClaim): boolean {
  const wanted = tryParseQuantity(after.resources?.requests?.['storage'] ?? '');
  const asked = tryParseQuantity(spec?.resources?.requests?.['storage'] ?? '');
  const capacity = tryParseQuantity(status?.capacity?.['storage'] ?? '');
  if (wanted === undefined || asked === undefined || compareQuantities(wanted, asked) >= 0) return false;
  return capacity === undefined || compareQuantities(wanted, capacity) <= 0;
}
