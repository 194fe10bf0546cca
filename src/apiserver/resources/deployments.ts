import type { Deployment } from '../../model/api/types.ts';
import { defaultDeployment } from '../../model/defaults/default-workloads.ts';
import { selectorKept, validateDeployment } from '../../model/validation/workloads.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN } from './define.ts';
import {
  podColumns,
  REPLICAS,
  selectorColumn,
  selectorOf,
  templateOf,
  templateWarnings,
} from './workload-columns.ts';

export const deployments = define({
  group: 'apps',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  scale: REPLICAS,
  strategy: {
    countsGenerations: true,
    applyDefaults: (object) => ({ ...defaultDeployment(object) }),
    prepareForCreate: (object) => {
      object['status'] = {};
    },
    validateCreate: (object) => validateDeployment(object),
    validateUpdate: (next, previous) => [
      ...validateDeployment(next),
      ...selectorKept(next as Deployment, previous as Deployment),
    ],
    warnings: (object) => templateWarnings(templateOf(object), 'spec.template'),
  },
  columns: [
    NAME_COLUMN,
    column(
      'Ready',
      (object) => {
        const { spec, status } = object as Deployment;
        return `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`;
      },
      { description: 'Number of the pod with ready state' },
    ),
    column('Up-to-date', (object) => (object as Deployment).status?.updatedReplicas ?? 0),
    column('Available', (object) => (object as Deployment).status?.availableReplicas ?? 0),
    AGE_COLUMN,
    ...podColumns(templateOf),
    selectorColumn(selectorOf),
  ],
});
