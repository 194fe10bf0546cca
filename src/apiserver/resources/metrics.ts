import { define, PLAIN } from './define.ts';

/** What nodes and pods use: measured when asked for, and not kept. @see k8s.io/metrics/pkg/apis/metrics/v1beta1 */
function metricsKind(kind: string, plural: string, namespaced: boolean) {
  return define({
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    kind,
    plural,
    singular: '',
    namespaced,
    strategy: PLAIN,
    verbs: ['get', 'list'],
  });
}

export const metricsResources = [
  metricsKind('NodeMetrics', 'nodes', false),
  metricsKind('PodMetrics', 'pods', true),
];
