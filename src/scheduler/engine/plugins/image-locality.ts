import type { SchedulerPlugin } from '../plugin.ts';
import { scoreByColumn } from './column-score.ts';

const MIB = 1024 * 1024;
const LEAST = 23 * MIB;
const MOST_PER_CONTAINER = 1000 * MIB;

/** Nodes that have the pod's images score, by size, less when few nodes have them, lest they be overrun. */
export const imageLocality: SchedulerPlugin = {
  name: 'ImageLocality',
  scope: 'node',
  events: [],
  score({ pod, snapshot }) {
    const { images } = pod.template.shape;
    if (images.every((image) => snapshot.images.nodesWith(image) === 0)) return undefined;
    const nodeCount = snapshot.nodes.count;
    const most = MOST_PER_CONTAINER * images.length;
    const column = snapshot.columns.get(
      `images ${snapshot.images.epoch} ${JSON.stringify(images)}`,
      (node) => {
        let sum = 0;
        for (const image of images) {
          const share = snapshot.images.nodesWith(image) / nodeCount;
          sum += Math.trunc((node.images.get(image) ?? 0) * share);
        }
        const clamped = Math.min(Math.max(sum, LEAST), most);
        return Math.trunc((100 * (clamped - LEAST)) / (most - LEAST));
      },
    );
    return scoreByColumn(column, 'none');
  },
};
