import type { SchedulerPlugin } from '../plugin.ts';
import { filterByColumn } from './column-filter.ts';

const TAINT = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };

/** A cordoned node takes only pods that tolerate its being so. */
export const nodeUnschedulable: SchedulerPlugin = {
  name: 'NodeUnschedulable',
  scope: 'node',
  events: ['NodeAdded', 'NodeTaintsChanged'],
  filter({ pod, snapshot }) {
    const column = snapshot.columns.get('unschedulable', (node) => (node.unschedulable ? 1 : 0));
    if (pod.template.shape.tolerates(TAINT)) return undefined;
    return filterByColumn(column, () => ({
      reasons: ['node(s) were unschedulable'],
      preemptible: false,
      details: [{ kind: 'taint', ...TAINT }],
    }));
  },
};
