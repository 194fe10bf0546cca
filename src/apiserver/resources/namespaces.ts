import { copyPlain } from '../../model/copy-plain.ts';
import type { Namespace } from '../../model/api/types.ts';
import type { ApiObject } from '../api-object.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN } from './define.ts';

const FINALIZER = 'kubernetes';

function phaseOf(object: ApiObject): string {
  return (object as Namespace).status?.phase ?? 'Active';
}

export const namespaces = define({
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  hasStatus: true,
  strategy: {
    nameRule: 'label',
    prepareForCreate: (object) => {
      object['spec'] = { finalizers: [FINALIZER] };
      object['status'] = { phase: 'Active' };
      const name = object.metadata?.name ?? '';
      object.metadata = {
        ...object.metadata,
        labels: { ...object.metadata?.labels, 'kubernetes.io/metadata.name': name },
      };
    },
    prepareForUpdate: (next, previous) => {
      next['spec'] = copyPlain(previous['spec']);
      const name = next.metadata?.name ?? '';
      next.metadata = {
        ...next.metadata,
        labels: { ...next.metadata?.labels, 'kubernetes.io/metadata.name': name },
      };
    },
    validateCreate: () => [],
    validateUpdate: () => [],
  },
  columns: [
    NAME_COLUMN,
    column('Status', phaseOf, { description: 'The status of the namespace' }),
    AGE_COLUMN,
  ],
  selectableFields: { 'status.phase': phaseOf },
});
