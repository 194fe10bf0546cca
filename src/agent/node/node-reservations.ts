/**
 * What of a node pods may have: all but what is reserved for the machine's own programs, and what eviction keeps free.
 * @see kubernetes/pkg/kubelet/cm/node_container_manager_linux.go
 */
import { milliCpuToShares } from '../../model/cgroup-arithmetic.ts';
import { PeapodError } from '../../model/errors.ts';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityOf,
  subtractQuantities,
  wholeValue,
  ZERO_QUANTITY,
} from '../../model/quantity.ts';
import { milliCpuOf, parseResources, wholeAmountOf } from '../../model/resource-list.ts';
import type { PodCgroupResources } from '../../runtime/pod-cgroups.ts';
import { amountOf, type EvictionSettings } from '../eviction/eviction-settings.ts';

export const RESERVABLE = ['cpu', 'memory', 'ephemeral-storage', 'pid'] as const;

/** Quantities by resource, under the kubelet's names. */
export interface NodeReservations {
  readonly kubeReserved: Readonly<Record<string, string>>;
  readonly systemReserved: Readonly<Record<string, string>>;
}

type Amounts = Readonly<Record<string, string>>;

const KEPT_FREE: Readonly<Record<string, string>> = {
  memory: 'memory.available',
  'ephemeral-storage': 'nodefs.available',
};

/** What the scheduler may give to pods. Huge pages are taken from memory, as nobody else can use them. */
export function allocatableOf(
  capacity: Amounts,
  reservations: NodeReservations,
  eviction: Pick<EvictionSettings, 'thresholds'>,
): Record<string, string> {
  const entries = Object.entries(capacity).map(([name, text]) => {
    const whole = parseQuantity(text);
    const taken = [
      reservedOf(name, reservations),
      keptFree(name, whole, eviction),
      hugePages(name, capacity),
    ];
    const left = taken.reduce(subtractQuantities, whole);
    const isAll = compareQuantities(left, whole) === 0;
    return [
      name,
      isAll ? text : formatQuantity(compareQuantities(left, ZERO_QUANTITY) < 0 ? ZERO_QUANTITY : left),
    ];
  });
  return Object.fromEntries(entries);
}

/** How far pods together may go, which is further than what they are given: eviction has to see them come. Nothing where nothing is reserved. */
export function limitsOfAllPods(
  capacity: Amounts,
  maxProcesses: number,
  reservations: NodeReservations,
): PodCgroupResources | undefined {
  const names = RESERVABLE.filter(
    (name) => compareQuantities(reservedOf(name, reservations), ZERO_QUANTITY) > 0,
  );
  if (names.length === 0) return undefined;
  const left = parseResources(withoutReserved(capacity, reservations));
  const processes = Number(wholeValue(reservedOf('pid', reservations)));
  return {
    ...(names.includes('cpu') ? { cpuShares: milliCpuToShares(milliCpuOf(left)) } : {}),
    ...(names.includes('memory') ? { memoryLimitBytes: wholeAmountOf(left, 'memory') } : {}),
    ...(names.includes('pid') ? { pidsLimit: Math.max(0, maxProcesses - processes) } : {}),
  };
}

/** The capacity but for what is reserved. */
export function withoutReserved(capacity: Amounts, reservations: NodeReservations): Record<string, string> {
  return allocatableOf(capacity, reservations, { thresholds: [] });
}

/** @throws PeapodError Invalid for what the node does not have */
export function checkReservations(capacity: Amounts, reservations: NodeReservations): void {
  for (const name of RESERVABLE) {
    const text = capacity[name];
    const reserved = reservedOf(name, reservations);
    if (text === undefined || compareQuantities(reserved, parseQuantity(text)) <= 0) continue;
    throw new PeapodError(
      'Invalid',
      `agent.kubeReserved and agent.systemReserved: Invalid value: ${formatQuantity(reserved)} of ${name}: this node has ${text}`,
    );
  }
}

function reservedOf(name: string, { kubeReserved, systemReserved }: NodeReservations): Quantity {
  const amounts = [kubeReserved[name], systemReserved[name]].filter((text) => text !== undefined);
  return amounts.map(parseQuantity).reduce(addQuantities, ZERO_QUANTITY);
}

function keptFree(
  name: string,
  capacity: Quantity,
  { thresholds }: Pick<EvictionSettings, 'thresholds'>,
): Quantity {
  const threshold = thresholds.find(({ signal, isHard }) => isHard && signal === KEPT_FREE[name]);
  if (threshold === undefined) return ZERO_QUANTITY;
  return quantityOf(Math.floor(amountOf(threshold.amount, Number(wholeValue(capacity)))), 'BinarySI');
}

function hugePages(name: string, capacity: Amounts): Quantity {
  if (name !== 'memory') return ZERO_QUANTITY;
  const pages = Object.entries(capacity).filter(([other]) => other.startsWith('hugepages-'));
  return pages.map(([, text]) => parseQuantity(text)).reduce(addQuantities, ZERO_QUANTITY);
}
