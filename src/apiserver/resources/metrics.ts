import { addQuantities, formatQuantity, tryParseQuantity, ZERO_QUANTITY } from '../../model/quantity.ts';
import type { ApiObject } from '../api-object.ts';
import { column, define, PLAIN } from './define.ts';

type Usage = Readonly<Record<string, string>> | undefined;

/** What nodes and pods use: measured when asked for, and not kept. @see k8s.io/metrics/pkg/apis/metrics/v1beta1 */
function metricsKind(kind: string, plural: string, usagesOf: (object: ApiObject) => readonly Usage[]) {
  return define({
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    kind,
    plural,
    singular: '',
    namespaced: plural === 'pods',
    strategy: PLAIN,
    verbs: ['get', 'list'],
    // As metrics-server prints them.
    columns: [
      column('Name', ({ metadata }) => metadata?.name ?? '', {
        format: 'name',
        description: 'Name of the resource',
      }),
      ...['cpu', 'memory'].map((name) =>
        column(name, (object) => sumOf(usagesOf(object), name), { format: 'quantity' }),
      ),
      column('Window', (object) => String(object['window']), { format: 'duration' }),
    ],
  });
}

function sumOf(usages: readonly Usage[], name: string): string {
  const amounts = usages.map((usage) => tryParseQuantity(usage?.[name] ?? '') ?? ZERO_QUANTITY);
  return formatQuantity(amounts.reduce((sum, amount) => addQuantities(sum, amount), ZERO_QUANTITY));
}

export const metricsResources = [
  metricsKind('NodeMetrics', 'nodes', (node) => [node['usage'] as Usage]),
  metricsKind('PodMetrics', 'pods', (pod) =>
    ((pod['containers'] ?? []) as readonly { usage?: Usage }[]).map(({ usage }) => usage),
  ),
];
