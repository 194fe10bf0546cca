import type { NodeUsage } from '../../model/usage/node-usage.ts';
import type { AgentMetrics } from './agent-metrics.ts';
import { cadvisorMetrics } from './cadvisor-metrics.ts';
import { kubeletMetrics } from './kubelet-metrics.ts';
import { resourceMetrics } from './resource-metrics.ts';
import { statsSummary } from './stats-summary.ts';

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

const METRICS: Partial<Record<string, (usage: NodeUsage) => string>> = {
  '/metrics': kubeletMetrics,
  '/metrics/resource': resourceMetrics,
  '/metrics/cadvisor': cadvisorMetrics,
};

/** What the kubelet serves at a path of its own port; nothing where it serves nothing, or we do not. */
export async function kubeletPage(
  path: string,
  measure: () => Promise<NodeUsage>,
  own: AgentMetrics,
): Promise<{ contentType: string; body: string } | undefined> {
  if (path === '/healthz') return { contentType: 'text/plain; charset=utf-8', body: 'ok' };
  if (path === '/stats/summary')
    return {
      contentType: 'application/json',
      body: `${JSON.stringify(statsSummary(await measure()), undefined, 1)}\n`,
    };
  const render = METRICS[path];
  if (render === undefined) return undefined;
  const usage = render(await measure());
  return { contentType: PROMETHEUS, body: path === '/metrics' ? usage + own.text() : usage };
}
