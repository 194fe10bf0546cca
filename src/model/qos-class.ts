import type { Pod } from './api/types.ts';
import { compareQuantities, type Quantity, ZERO_QUANTITY } from './quantity.ts';
import { addResources, parseResources, type ResourceAmounts } from './resource-list.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

const QOS_RESOURCES = ['cpu', 'memory'];

/**
 * How the node treats a pod when it runs short: Guaranteed when cpu and memory are limited everywhere to what is
 * requested, BestEffort when nothing is requested or limited.
 * @see kubernetes/pkg/apis/core/v1/helper/qos/qos.go
 */
export function qosClass(pod: Pod): QosClass {
  const { spec } = pod;
  if (spec === undefined) return 'BestEffort';
  // A pod that says for itself what it needs is judged by that alone.
  const podLevel = [spec.resources?.requests, spec.resources?.limits].some(
    (list) => Object.keys(list ?? {}).length > 0,
  );
  const parts = podLevel
    ? [spec.resources]
    : [...spec.containers, ...(spec.initContainers ?? [])].map((container) => container.resources);
  let requests: ResourceAmounts = new Map();
  let limits: ResourceAmounts = new Map();
  let allLimited = true;
  for (const part of parts) {
    requests = addResources(requests, qosAmounts(part?.requests));
    const partLimits = qosAmounts(part?.limits);
    limits = addResources(limits, partLimits);
    if (partLimits.size < QOS_RESOURCES.length) allLimited = false;
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  const equal = [...requests].every(
    ([name, request]) => compareQuantities(limits.get(name) ?? ZERO_QUANTITY, request) === 0,
  );
  return allLimited && equal && requests.size === limits.size ? 'Guaranteed' : 'Burstable';
}

function qosAmounts(list: Record<string, string> | undefined): Map<string, Quantity> {
  const amounts = [...parseResources(list)];
  return new Map(amounts.filter(([name, { nano }]) => QOS_RESOURCES.includes(name) && nano > 0n));
}

/** As `qosClass`, of a pod that is not validated; nothing when one of its quantities cannot be read. */
export function tryQosClass(pod: Pod): QosClass | undefined {
  try {
    return qosClass(pod);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
