/** Whom to evict from a node for a pod that only lacks CPU, memory or a place among its pods: by sums alone. */
import { type DisruptionAllowance, splitByBudget } from '../disruption-budgets.ts';
import type { PodInfo } from '../pod/pod-info.ts';
import { byImportance } from '../pod/importance.ts';
import { DIGEST, FREE_CPU, FREE_MEMORY, FREE_PODS, type NodeTable } from '../state/node-table.ts';
import type { FreeFilter } from './free-wish.ts';

export interface NodeVictims {
  /** The most important first. */
  readonly victims: readonly PodInfo[];
  readonly budgetViolations: number;
}

/** Takes all pods of lower priority away, then puts back as many as there is room for, the most important first. */
export function victimsByFree(
  table: NodeTable,
  { filters, needs }: FreeFilter,
  { priority }: PodInfo,
  node: number,
  budgets: readonly DisruptionAllowance[],
): NodeVictims | undefined {
  const pods = table.podsOn(node);
  if (!pods.some((pod) => pod.priority < priority)) return undefined;
  if (filters.some(({ values }) => values[node] !== 0)) return undefined;
  const lower = pods.filter((pod) => pod.priority < priority);
  const { digest } = table;
  let freePods = (digest[node * DIGEST + FREE_PODS] ?? 0) + lower.length - 1;
  let cpu = (digest[node * DIGEST + FREE_CPU] ?? 0) - needs.cpu;
  let memory = (digest[node * DIGEST + FREE_MEMORY] ?? 0) - needs.memory;
  for (const { template } of lower) {
    cpu += template.shape.requests.get('cpu') ?? 0;
    memory += template.shape.requests.get('memory') ?? 0;
  }
  if (freePods < 0 || cpu < 0 || memory < 0) return undefined;
  const staysAway = ({ template }: PodInfo): boolean => {
    const itsCpu = template.shape.requests.get('cpu') ?? 0;
    const itsMemory = template.shape.requests.get('memory') ?? 0;
    if (freePods < 1 || cpu < itsCpu || memory < itsMemory) return true;
    freePods--;
    cpu -= itsCpu;
    memory -= itsMemory;
    return false;
  };
  const { violating, others } = splitByBudget(lower.sort(byImportance), budgets);
  const violations = violating.filter(staysAway);
  const rest = others.filter(staysAway);
  const victims = violations.length === 0 ? rest : [...violations, ...rest].sort(byImportance);
  return { victims, budgetViolations: violations.length };
}
