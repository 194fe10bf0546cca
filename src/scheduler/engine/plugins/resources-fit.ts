/**
 * @see kubernetes/pkg/scheduler/framework/plugins/noderesources/fit.go
 */
import type { Rejection, RejectionDetail } from '../decision.ts';
import type { PodShape } from '../pod/pod-shape.ts';
import type { FilterStep, SchedulerPlugin } from '../plugin.ts';
import type { ClusterSnapshot } from '../snapshot.ts';
import type { NodeInfo } from '../state/node-info.ts';
import { DIGEST, FREE_CPU, FREE_MEMORY, FREE_PODS } from '../state/node-table.ts';
import { CPU, MEMORY } from '../state/resource-table.ts';
import { DEFAULT_STRATEGY, type ScoringStrategy, scoreByStrategy } from './scoring-strategy.ts';

export interface ResourcesFitOptions {
  readonly strategy?: ScoringStrategy;
  /** Extended resources, and groups of them (`example.com`), that the filter overlooks. */
  readonly ignoredResources?: readonly string[];
  readonly ignoredGroups?: readonly string[];
}

/** What the pod asks for must be free, in each resource and in number of pods; the strategy says how nodes score. */
export function nodeResourcesFit(options: ResourcesFitOptions = {}): SchedulerPlugin {
  const { strategy = DEFAULT_STRATEGY } = options;
  return {
    name: 'NodeResourcesFit',
    scope: 'node',
    events: ['NodeAdded', 'NodeAllocatableChanged', 'PodDeleted'],
    wakes: (pod, { node }) => node === undefined || couldFit(pod.template.shape, node),
    filter: ({ pod, snapshot }) => fitStep(snapshot, pod.template.shape, options),
    score: ({ pod, snapshot }) => scoreByStrategy(snapshot, pod.template.shape, strategy),
  };
}

/** When the node is empty. */
function couldFit({ requests }: PodShape, { allocatable }: NodeInfo): boolean {
  return [...requests].every(([name, amount]) => amount <= (allocatable.get(name) ?? 0));
}

function fitStep(snapshot: ClusterSnapshot, shape: PodShape, options: ResourcesFitOptions): FilterStep {
  const kept = shape.columns
    .map((_, index) => index)
    .filter((index) => {
      const column = shape.columns[index] ?? 0;
      return !isIgnored(snapshot.nodes.resources.nameOf(column), options);
    });
  const columns = kept.map((index) => shape.columns[index] ?? 0);
  const amounts = kept.map((index) => shape.amounts[index] ?? 0);
  const amountOf = (column: number): number => amounts[columns.indexOf(column)] ?? Number.NEGATIVE_INFINITY;
  const [cpu, memory] = [amountOf(CPU), amountOf(MEMORY)];
  const nothingElse = columns.every((column) => column === CPU || column === MEMORY);
  return {
    ...(nothingElse && { needs: { cpu, memory } }),
    narrow(nodes, count) {
      let left = narrowByDigest(snapshot, cpu, memory, nodes, count);
      for (let index = 0; index < columns.length && left > 0; index++) {
        if (columns[index] === CPU || columns[index] === MEMORY) continue;
        left = narrowByResource(snapshot, columns[index] ?? 0, amounts[index] ?? 0, nodes, left);
      }
      return left;
    },
    explain: (node) => explainFit(snapshot, columns, amounts, node),
  };
}

function isIgnored(
  resource: string,
  { ignoredResources = [], ignoredGroups = [] }: ResourcesFitOptions,
): boolean {
  const slash = resource.indexOf('/');
  if (slash < 0) return false;
  return ignoredResources.includes(resource) || ignoredGroups.includes(resource.slice(0, slash));
}

/** In one pass what nearly all pods ask for. */
function narrowByDigest(
  { nodes: table }: ClusterSnapshot,
  cpu: number,
  memory: number,
  nodes: Int32Array,
  count: number,
): number {
  const { digest } = table;
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const node = nodes[index] as number;
    const start = node * DIGEST;
    nodes[kept] = node;
    if (
      (digest[start + FREE_PODS] as number) >= 1 &&
      cpu <= (digest[start + FREE_CPU] as number) &&
      memory <= (digest[start + FREE_MEMORY] as number)
    ) {
      kept++;
    }
  }
  return kept;
}

function narrowByResource(
  { nodes: table }: ClusterSnapshot,
  column: number,
  amount: number,
  nodes: Int32Array,
  count: number,
): number {
  const allocatable = table.allocatable[column];
  const requested = table.requested[column];
  if (allocatable === undefined || requested === undefined) return 0;
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const node = nodes[index] as number;
    nodes[kept] = node;
    if (amount <= (allocatable[node] as number) - (requested[node] as number)) kept++;
  }
  return kept;
}

function explainFit(
  { nodes: table }: ClusterSnapshot,
  columns: readonly number[],
  amounts: readonly number[],
  node: number,
): Rejection | undefined {
  const reasons: string[] = [];
  const details: RejectionDetail[] = [];
  let preemptible = true;
  const short = (resource: string, needed: number, free: number, allocatable: number): void => {
    details.push({ kind: 'resource', resource, needed, free, allocatable });
    if (needed > allocatable) preemptible = false;
  };
  const allowed = table.allowedPods[node] ?? 0;
  const freePods = allowed - (table.podCount[node] ?? 0);
  if (freePods < 1) {
    reasons.push('Too many pods');
    short('pods', 1, freePods, allowed);
  }
  for (const [index, column] of columns.entries()) {
    const needed = amounts[index] ?? 0;
    const allocatable = table.allocatable[column]?.[node] ?? 0;
    const free = allocatable - (table.requested[column]?.[node] ?? 0);
    if (needed <= free) continue;
    const name = table.resources.nameOf(column);
    reasons.push(`Insufficient ${name}`);
    short(name, needed, free, allocatable);
  }
  return reasons.length === 0 ? undefined : { reasons, preemptible, details };
}
