import { milliQuantity, quantityOf } from '../../model/quantity.ts';
import type { ResourceAmounts } from '../../model/resource-list.ts';
import type { NodeFacts } from '../agent-deps.ts';

/** What the node offers, for limits that are not set. */
export function nodeAllocatable({ milliCpu, memoryBytes }: NodeFacts): ResourceAmounts {
  return new Map([
    ['cpu', milliQuantity(milliCpu)],
    ['memory', quantityOf(memoryBytes, 'BinarySI')],
  ]);
}
