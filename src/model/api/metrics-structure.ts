/** The types of metrics.k8s.io, in the form of `structure.json`. @see k8s.io/metrics/pkg/apis/metrics/v1beta1 */
export const METRICS_STRUCTURE: Record<string, Record<string, string>> = {
  NodeMetrics: {
    apiVersion: 'string',
    kind: 'string',
    metadata: 'ObjectMeta',
    timestamp: 'time',
    usage: '{}string',
    window: 'string',
  },
  PodMetrics: {
    apiVersion: 'string',
    containers: '[]ContainerMetrics',
    kind: 'string',
    metadata: 'ObjectMeta',
    timestamp: 'time',
    window: 'string',
  },
  ContainerMetrics: { name: 'string', usage: '{}string' },
};
