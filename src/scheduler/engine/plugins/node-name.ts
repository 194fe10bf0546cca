import { filterByNode, type SchedulerPlugin } from '../plugin.ts';

/** A pod that names its node goes nowhere else. */
export const nodeName: SchedulerPlugin = {
  name: 'NodeName',
  scope: 'node',
  events: ['NodeAdded'],
  filter({ pod, snapshot }) {
    const wanted = pod.template.shape.nodeName;
    if (wanted === undefined) return undefined;
    return filterByNode((node) =>
      snapshot.nodes.info(node).name === wanted
        ? undefined
        : {
            reasons: ["node(s) didn't match the requested node name"],
            preemptible: false,
            details: [{ kind: 'note', text: `the pod asks for node ${wanted}` }],
          },
    );
  },
};
