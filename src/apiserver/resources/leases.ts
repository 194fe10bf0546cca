import type { Lease } from '../../model/api/types.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN } from './define.ts';
import { FieldErrors } from '../../model/field-error.ts';
import type { ApiObject } from '../api-object.ts';

export const leases = define({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  strategy: {
    createsOnUpdate: true,
    unconditionalUpdates: false,
    validateCreate: leaseErrors,
    validateUpdate: leaseErrors,
  },
  columns: [
    NAME_COLUMN,
    column('Holder', (object) => (object as Lease).spec?.holderIdentity ?? ''),
    AGE_COLUMN,
  ],
});

function leaseErrors(object: ApiObject): FieldErrors['list'] {
  const errors = new FieldErrors();
  const { leaseDurationSeconds: duration, leaseTransitions: transitions } = (object as Lease).spec ?? {};
  if (duration !== undefined && duration <= 0)
    errors.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0');
  if (transitions !== undefined && transitions < 0)
    errors.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0');
  return errors.list;
}
