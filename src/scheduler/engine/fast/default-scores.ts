/**
 * LeastAllocated and BalancedAllocation over CPU and memory, as nearly every profile has them, both in one pass.
 * They agree to the last digit with what the plugins write down as rules.
 */
import {
  DIGEST,
  FREE_CPU,
  FREE_MEMORY,
  LIKELY_CPU,
  LIKELY_MEMORY,
  type NodeTable,
  PERCENT_CPU,
  PERCENT_MEMORY,
} from '../state/node-table.ts';
import { CPU, MEMORY } from '../state/resource-table.ts';

/** What a pod adds to a node, and what the two scores weigh. */
export interface DefaultScoreTerms {
  readonly cpu: number;
  readonly memory: number;
  readonly assumedCpu: number;
  readonly assumedMemory: number;
  readonly leastWeight: number;
  readonly balancedWeight: number;
}

/** Adds the weighted scores to `totals`. */
export function addDefaultScores(
  table: NodeTable,
  terms: DefaultScoreTerms,
  nodes: Int32Array,
  count: number,
  totals: Float64Array,
): void {
  const { digest } = table;
  const { cpu, memory, leastWeight, balancedWeight } = terms;
  // Amounts are whole: a quotient is at least 1 / capacity away from the whole number above. Half of that added,
  // rounding down gives the quotient exactly though it comes from a product.
  const assumedCpu = terms.assumedCpu - 0.005;
  const assumedMemory = terms.assumedMemory - 0.005;
  for (let index = 0; index < count; index++) {
    const node = nodes[index] as number;
    const start = node * DIGEST;
    const percentCpu = digest[start + PERCENT_CPU] as number;
    const percentMemory = digest[start + PERCENT_MEMORY] as number;
    const freeCpu = ((digest[start + LIKELY_CPU] as number) - assumedCpu) * percentCpu;
    const freeMemory = ((digest[start + LIKELY_MEMORY] as number) - assumedMemory) * percentMemory;
    const leastCpu = freeCpu > 0 ? Math.floor(freeCpu) : 0;
    const leastMemory = freeMemory > 0 ? Math.floor(freeMemory) : 0;
    let least = (leastCpu + leastMemory) >> 1;
    if (percentCpu === 0 || percentMemory === 0) least = leastCpu + leastMemory;
    const leftCpu = ((digest[start + FREE_CPU] as number) - cpu) * percentCpu;
    const leftMemory = ((digest[start + FREE_MEMORY] as number) - memory) * percentMemory;
    const score = 100 - Math.abs(leftCpu - leftMemory) * 0.5;
    const rounded = Math.floor(score);
    const rest = score - rounded;
    const isClear = rest > CLOSE && rest < 1 - CLOSE && leftCpu > 0 && leftMemory > 0;
    const balanced = isClear ? rounded : balancedExactly(table, node, cpu, memory);
    totals[index] = (totals[index] as number) + leastWeight * least + balancedWeight * balanced;
  }
}

/** Where the quick way is this close to a whole number, it may round to the wrong side. */
const CLOSE = 1e-9;

function balancedExactly(table: NodeTable, node: number, cpu: number, memory: number): number {
  const capacityCpu = table.allocatable[CPU]?.[node] ?? 0;
  const capacityMemory = table.allocatable[MEMORY]?.[node] ?? 0;
  if (capacityCpu === 0 || capacityMemory === 0) return 100;
  const shareCpu = Math.min(1, ((table.requested[CPU]?.[node] ?? 0) + cpu) / capacityCpu);
  const shareMemory = Math.min(1, ((table.requested[MEMORY]?.[node] ?? 0) + memory) / capacityMemory);
  return Math.floor((1 - Math.abs((shareCpu - shareMemory) / 2)) * 100);
}

/** Beyond this, a product with a hundredth is no longer close enough to the quotient. */
const MAX_EXACT = 2 ** 42;

export function isExact({ largest }: NodeTable): boolean {
  return [CPU, MEMORY].every((column) => (largest[column] ?? 0) < MAX_EXACT);
}
