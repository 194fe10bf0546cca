import type { PodInfo } from '../pod/pod-info.ts';
import { isHardTaint } from '../pod/tolerations.ts';
import type { SchedulerPlugin } from '../plugin.ts';
import type { NodeInfo } from '../state/node-info.ts';
import { filterByColumn } from './column-filter.ts';
import { scoreByColumn } from './column-score.ts';

/** Taints that the pod does not tolerate keep it away, or weigh against the node. */
export const taintToleration: SchedulerPlugin = {
  name: 'TaintToleration',
  scope: 'node',
  events: ['NodeAdded', 'NodeTaintsChanged'],
  filter({ pod, snapshot }) {
    const { tolerationsKey } = pod.template.shape;
    const column = snapshot.columns.get(`taints ${tolerationsKey}`, (node) =>
      firstUntolerated(pod, node) === undefined ? 0 : 1,
    );
    return filterByColumn(column, (node) => {
      const { key = '', value = '', effect = '' } = firstUntolerated(pod, snapshot.nodes.info(node)) ?? {};
      return {
        reasons: [`node(s) had untolerated taint {${key}: ${value}}`],
        preemptible: false,
        details: [{ kind: 'taint', key, value, effect }],
      };
    });
  },
  score({ pod, snapshot }) {
    const { tolerates, tolerationsKey } = pod.template.shape;
    const column = snapshot.columns.get(
      `soft taints ${tolerationsKey}`,
      ({ taints }) =>
        taints.filter((taint) => taint.effect === 'PreferNoSchedule' && !tolerates(taint)).length,
    );
    return scoreByColumn(column, 'reversed-share-of-largest');
  },
};

function firstUntolerated(pod: PodInfo, { taints }: NodeInfo) {
  return taints.find((taint) => isHardTaint(taint) && !pod.template.shape.tolerates(taint));
}
