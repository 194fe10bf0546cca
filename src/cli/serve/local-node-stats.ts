import type { AgentMetrics } from '../../agent/stats/agent-metrics.ts';
import { claimUsages } from '../../agent/stats/claim-usage.ts';
import { kubeletPage } from '../../agent/stats/kubelet-page.ts';
import { UsageMeter } from '../../agent/stats/usage-meter.ts';
import type { NodeStats } from '../../apiserver/subresources/node-stats.ts';
import type { ApiClient } from '../../client/api-client.ts';
import type { NodeHost } from '../host.ts';
import { readNode } from './read-node.ts';
import { readRoom } from './read-room.ts';

/** The figures of this machine, for the API server in the same process. @param client the node's own */
export function localNodeStats(
  { settings, runtime, clock }: Pick<NodeHost, 'settings' | 'runtime' | 'clock'>,
  metrics: AgentMetrics,
  client: () => ApiClient,
): NodeStats {
  const { nodeName, root } = settings;
  const meter = new UsageMeter({ nodeName, runtime, clock, readNode: () => readNode(root) });
  const measured = {
    usage: () => meter.usage(),
    claims: () => claimUsages({ client: client(), nodeName, readRoom }),
  };
  return {
    usage: async (node) => (node === nodeName ? meter.usage() : undefined),
    page: async (node, path) => (node === nodeName ? kubeletPage(path, measured, metrics) : undefined),
  };
}
