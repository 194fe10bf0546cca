/** @see kubernetes/pkg/kubelet/eviction/helpers.go evictionMessage */
import { formatQuantity, quantityOf } from '../../model/quantity.ts';
import { parseResources, wholeAmountOf } from '../../model/resource-list.ts';
import { amountOf, type EvictionSignal, type Threshold } from './eviction-settings.ts';
import type { Readings } from './judge-pressure.ts';
import type { PodShare } from './rank-pods.ts';

const RESOURCES: Record<EvictionSignal, string> = {
  'memory.available': 'memory',
  'nodefs.available': 'ephemeral-storage',
  'nodefs.inodesFree': 'inodes',
  'imagefs.available': 'ephemeral-storage',
  'imagefs.inodesFree': 'inodes',
  'pid.available': 'pids',
};

/** The resource that a signal is about. */
export function resourceOf({ signal }: Pick<Threshold, 'signal'>): string {
  return RESOURCES[signal];
}

export function evictionMessage(threshold: Threshold, readings: Readings, share: PodShare): string {
  const resource = resourceOf(threshold);
  const reading = readings.get(threshold.signal);
  const format = threshold.signal.endsWith('available') && resource !== 'pids' ? 'BinarySI' : 'DecimalSI';
  const written = (amount: number) => formatQuantity(quantityOf(Math.round(amount), format));
  const limits =
    reading === undefined
      ? ''
      : `Threshold quantity: ${written(amountOf(threshold.amount, reading.capacity))}, available: ${inKi(reading.available, format)}. `;
  return `The node was low on resource: ${resource}. ${limits}${greedyContainers(resource, share)}`;
}

function greedyContainers(resource: string, { pod, containers }: PodShare): string {
  if (resource !== 'memory' && resource !== 'ephemeral-storage') return '';
  const texts = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].map(
    ({ name, resources }) => {
      const found = containers.get(name);
      const used = (resource === 'memory' ? found?.memoryBytes : found?.diskBytes) ?? 0;
      const asked = wholeAmountOf(parseResources(resources?.requests), resource);
      if (used <= asked) return '';
      const request = resources?.requests?.[resource] ?? '0';
      return `Container ${name} was using ${inKi(used, 'BinarySI')}, request is ${request}, has larger consumption of ${resource}. `;
    },
  );
  return texts.join('');
}

/** As the kubelet's figures are: bytes in Ki. */
function inKi(amount: number, format: 'BinarySI' | 'DecimalSI'): string {
  if (format === 'DecimalSI') return String(Math.round(amount));
  return `${Math.floor(amount / 1024)}Ki`;
}
