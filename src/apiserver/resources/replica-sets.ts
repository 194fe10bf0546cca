import type { ReplicaSet } from '../../model/api/types.ts';
import { defaultReplicaSet } from '../../model/defaults/default-workloads.ts';
import { selectorKept, validateReplicaSet } from '../../model/validation/workloads.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN } from './define.ts';
import {
  podColumns,
  REPLICAS,
  selectorColumn,
  selectorOf,
  templateOf,
  templateWarnings,
} from './workload-columns.ts';

export const replicaSets = define({
  group: 'apps',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  scale: REPLICAS,
  strategy: {
    countsGenerations: true,
    applyDefaults: (object) => ({ ...defaultReplicaSet(object) }),
    prepareForCreate: (object) => {
      object['status'] = { replicas: 0 };
    },
    validateCreate: (object) => validateReplicaSet(object),
    validateUpdate: (next, previous) => [
      ...validateReplicaSet(next),
      ...selectorKept(next as ReplicaSet, previous as ReplicaSet),
    ],
    warnings: (object) => templateWarnings(templateOf(object), 'spec.template'),
  },
  columns: [
    NAME_COLUMN,
    column('Desired', (object) => (object as ReplicaSet).spec?.replicas ?? 0, { type: 'integer' }),
    column('Current', (object) => (object as ReplicaSet).status?.replicas ?? 0, { type: 'integer' }),
    column('Ready', (object) => (object as ReplicaSet).status?.readyReplicas ?? 0, { type: 'integer' }),
    AGE_COLUMN,
    ...podColumns(templateOf),
    selectorColumn(selectorOf),
  ],
  selectableFields: {
    'status.replicas': (object) => String((object as ReplicaSet).status?.replicas ?? 0),
  },
});
