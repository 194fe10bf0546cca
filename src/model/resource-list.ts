/** Amounts by resource: `{cpu: '500m', memory: '1Gi'}` as numbers to compute with. */
import {
  addQuantities,
  formatQuantity,
  maxQuantity,
  milliValue,
  parseQuantity,
  type Quantity,
  wholeValue,
  ZERO_QUANTITY,
} from './quantity.ts';

export type ResourceAmounts = ReadonlyMap<string, Quantity>;

/** @throws RangeError on what is no quantity; validated objects have none */
export function parseResources(list: Readonly<Record<string, string>> | undefined): Map<string, Quantity> {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
}

export function formatResources(amounts: ResourceAmounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

export function addResources(a: ResourceAmounts, b: ResourceAmounts): Map<string, Quantity> {
  return merge(a, b, addQuantities);
}

export function maxResources(a: ResourceAmounts, b: ResourceAmounts): Map<string, Quantity> {
  return merge(a, b, maxQuantity);
}

function merge(
  a: ResourceAmounts,
  b: ResourceAmounts,
  combine: (a: Quantity, b: Quantity) => Quantity,
): Map<string, Quantity> {
  const result = new Map(a);
  for (const [name, quantity] of b) {
    const other = result.get(name);
    result.set(name, other === undefined ? quantity : combine(other, quantity));
  }
  return result;
}

/** Thousandths of a CPU, rounded up; 0 when there is no such amount. */
export function milliCpuOf(amounts: ResourceAmounts): number {
  return Number(milliValue(amounts.get('cpu') ?? ZERO_QUANTITY));
}

/** Whole units (bytes, pods, devices), rounded up; 0 when there is no such amount. */
export function wholeAmountOf(amounts: ResourceAmounts, name: string): number {
  return Number(wholeValue(amounts.get(name) ?? ZERO_QUANTITY));
}
