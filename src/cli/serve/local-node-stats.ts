import type { AgentMetrics } from '../../agent/stats/agent-metrics.ts';
import { kubeletPage } from '../../agent/stats/kubelet-page.ts';
import { UsageMeter } from '../../agent/stats/usage-meter.ts';
import type { NodeStats } from '../../apiserver/subresources/node-stats.ts';
import type { NodeHost } from '../host.ts';
import { readNode } from './read-node.ts';

/** The figures of this machine, for the API server in the same process. */
export function localNodeStats(
  { settings, runtime, clock }: Pick<NodeHost, 'settings' | 'runtime' | 'clock'>,
  metrics: AgentMetrics,
): NodeStats {
  const { nodeName, root } = settings;
  const meter = new UsageMeter({ nodeName, runtime, clock, readNode: () => readNode(root) });
  return {
    usage: async (node) => (node === nodeName ? meter.usage() : undefined),
    page: async (node, path) =>
      node === nodeName ? kubeletPage(path, () => meter.usage(), metrics) : undefined,
  };
}
