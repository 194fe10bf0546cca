import type { DaemonSet, DaemonSetStatus } from '../../model/api/types.ts';
import { defaultDaemonSet } from '../../model/defaults/default-workloads.ts';
import { selectorKept, validateDaemonSet } from '../../model/validation/workloads.ts';
import type { TableColumn } from '../resource.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN } from './define.ts';
import { podColumns, selectorColumn, selectorOf, templateOf, templateWarnings } from './workload-columns.ts';

const NO_PODS: DaemonSetStatus = {
  currentNumberScheduled: 0,
  desiredNumberScheduled: 0,
  numberMisscheduled: 0,
  numberReady: 0,
};

type Count = Exclude<keyof DaemonSetStatus, 'conditions'>;

function count(name: string, field: Count): TableColumn {
  return column(name, (object) => (object as DaemonSet).status?.[field] ?? 0, { type: 'integer' });
}

export const daemonSets = define({
  group: 'apps',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  hasStatus: true,
  strategy: {
    countsGenerations: true,
    applyDefaults: (object) => ({ ...defaultDaemonSet(object) }),
    prepareForCreate: (object) => {
      object['status'] = { ...NO_PODS };
    },
    validateCreate: (object) => validateDaemonSet(object),
    validateUpdate: (next, previous) => [
      ...validateDaemonSet(next),
      ...selectorKept(next as DaemonSet, previous as DaemonSet),
    ],
    warnings: (object) => templateWarnings(templateOf(object), 'spec.template'),
  },
  columns: [
    NAME_COLUMN,
    count('Desired', 'desiredNumberScheduled'),
    count('Current', 'currentNumberScheduled'),
    count('Ready', 'numberReady'),
    count('Up-to-date', 'updatedNumberScheduled'),
    count('Available', 'numberAvailable'),
    column('Node Selector', (object) => {
      const labels = Object.entries(templateOf(object)?.spec?.nodeSelector ?? {});
      const sorted = labels.sort(([a], [b]) => (a < b ? -1 : 1));
      return sorted.map(([key, value]) => `${key}=${value}`).join(',') || '<none>';
    }),
    AGE_COLUMN,
    ...podColumns(templateOf),
    selectorColumn(selectorOf),
  ],
});
