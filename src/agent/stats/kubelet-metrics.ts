import type { FilesystemRoom, NodeUsage } from '../../model/usage/node-usage.ts';
import type { ClaimUsage } from './claim-usage.ts';
import { type PrometheusSample, prometheusText } from './prometheus-text.ts';

/** `/metrics` under the kubelet's names. @see kubernetes/pkg/kubelet/metrics/metrics.go */
export function kubeletMetrics({ name, pods }: NodeUsage, claims: readonly ClaimUsage[] = []): string {
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
    ...VOLUME_STATS.map(([name, help, value]) =>
      prometheusText(`kubelet_volume_stats_${name}`, 'gauge', help, volumeSamples(claims, value)),
    ),
  ].join('');
}

type OfRoom = (room: FilesystemRoom) => number;

const VOLUME_STATS: readonly [string, string, OfRoom][] = [
  ['available_bytes', 'Number of available bytes in the volume', (room) => room.availableBytes],
  ['capacity_bytes', 'Capacity in bytes of the volume', (room) => room.capacityBytes],
  ['inodes', 'Maximum number of inodes in the volume', (room) => room.inodes],
  ['inodes_free', 'Number of free inodes in the volume', (room) => room.freeInodes],
  ['inodes_used', 'Number of used inodes in the volume', (room) => room.inodes - room.freeInodes],
  ['used_bytes', 'Number of used bytes in the volume', (room) => room.capacityBytes - room.availableBytes],
];

/** One for each claim, however many pods share it. */
function volumeSamples(claims: readonly ClaimUsage[], value: OfRoom): PrometheusSample[] {
  const byClaim = new Map(claims.map((one) => [`${one.namespace}/${one.claim}`, one]));
  return [...byClaim.values()].map(({ namespace, claim, room }) => ({
    labels: { namespace, persistentvolumeclaim: claim },
    value: value(room),
  }));
}
