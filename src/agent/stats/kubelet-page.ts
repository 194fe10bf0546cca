import type { NodeUsage } from '../../model/usage/node-usage.ts';
import type { ClaimUsage } from './claim-usage.ts';
import type { AgentMetrics } from './agent-metrics.ts';
import { cadvisorMetrics } from './cadvisor-metrics.ts';
import { kubeletMetrics } from './kubelet-metrics.ts';
import { resourceMetrics } from './resource-metrics.ts';
import { statsSummary } from './stats-summary.ts';

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

const METRICS: Partial<Record<string, (usage: NodeUsage) => string>> = {
  '/metrics/resource': resourceMetrics,
  '/metrics/cadvisor': cadvisorMetrics,
};

export interface Measured {
  usage(): Promise<NodeUsage>;
  /** Of the volumes that pods have by claims. */
  claims(): Promise<readonly ClaimUsage[]>;
}

/** What the kubelet serves at a path of its own port; nothing where it serves nothing, or we do not. */
export async function kubeletPage(
  path: string,
  measured: Measured,
  own: AgentMetrics,
): Promise<{ contentType: string; body: string } | undefined> {
  if (path === '/healthz') return { contentType: 'text/plain; charset=utf-8', body: 'ok' };
  if (path === '/stats/summary')
    return {
      contentType: 'application/json',
      body: `${JSON.stringify(statsSummary(await measured.usage(), await measured.claims()), undefined, 1)}\n`,
    };
  if (path === '/metrics') {
    const usage = kubeletMetrics(await measured.usage(), await measured.claims());
    return { contentType: PROMETHEUS, body: usage + own.text() };
  }
  const render = METRICS[path];
  if (render === undefined) return undefined;
  return { contentType: PROMETHEUS, body: render(await measured.usage()) };
}
