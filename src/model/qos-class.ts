import type { Pod, ResourceRequirements } from './api/types.ts';
import { parseQuantity } from './quantity.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/**
 * How the node treats a pod when it runs short: Guaranteed when cpu and memory are limited everywhere to what is
 * requested, BestEffort when nothing is requested or limited.
 * @see kubernetes/pkg/apis/core/v1/helper/qos/qos.go
 */
export function qosClass({ spec }: Pod): QosClass {
  if (spec === undefined) return 'BestEffort';
  const requests: QosAmounts = { cpu: 0n, memory: 0n };
  const limits: QosAmounts = { cpu: 0n, memory: 0n };
  let allLimited = true;
  const count = (resources: ResourceRequirements | undefined): void => {
    addAmounts(requests, resources?.requests);
    if (addAmounts(limits, resources?.limits) < 2) allLimited = false;
  };
  // A pod that says for itself what it needs is judged by that alone.
  if (isSaid(spec.resources?.requests) || isSaid(spec.resources?.limits)) count(spec.resources);
  else {
    for (const { resources } of spec.containers) count(resources);
    for (const { resources } of spec.initContainers ?? []) count(resources);
  }
  if (requests.cpu + requests.memory + limits.cpu + limits.memory === 0n) return 'BestEffort';
  const isEqual = requests.cpu === limits.cpu && requests.memory === limits.memory;
  return allLimited && isEqual ? 'Guaranteed' : 'Burstable';
}

/** In billionths; only what is more than nothing counts. */
interface QosAmounts {
  cpu: bigint;
  memory: bigint;
}

/** @returns how many of the two there are @throws RangeError when anything in the list is no quantity */
function addAmounts(sums: QosAmounts, list: Record<string, string> | undefined): number {
  if (list === undefined) return 0;
  let count = 0;
  for (const name of Object.keys(list)) {
    const { nano } = parseQuantity(list[name] ?? '');
    if ((name !== 'cpu' && name !== 'memory') || nano <= 0n) continue;
    sums[name] += nano;
    count += 1;
  }
  return count;
}

function isSaid(list: Record<string, string> | undefined): boolean {
  return list !== undefined && Object.keys(list).length > 0;
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
