import type { NodeUsage } from '../../model/usage/node-usage.ts';
import { prometheusText } from './prometheus-text.ts';

/** `/metrics` under the kubelet's names. @see kubernetes/pkg/kubelet/metrics/metrics.go */
export function kubeletMetrics({ name, pods }: NodeUsage): string {
  const containers = pods.reduce((sum, pod) => sum + pod.containers.length, 0);
  return [
    prometheusText('kubelet_node_name', 'gauge', "The node's name. The count is always 1.", [
      { labels: { node: name }, value: 1 },
    ]),
    prometheusText('kubelet_running_containers', 'gauge', 'Number of containers currently running', [
      { labels: { container_state: 'running' }, value: containers },
    ]),
    prometheusText('kubelet_running_pods', 'gauge', 'Number of pods that have a running pod sandbox', [
      { labels: {}, value: pods.length },
    ]),
  ].join('');
}
