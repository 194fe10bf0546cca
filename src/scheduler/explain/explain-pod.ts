/** A decision about a pod, taken apart: each node's verdict by each plugin, the scores, and what would change it. */
import type { NodeScore, Placement, RejectionDetail } from '../engine/decision.ts';
import { type PodInfo, podName } from '../engine/pod/pod-info.ts';
import type { SchedulingEngine } from '../engine/schedule-pod.ts';
import { summarise } from '../engine/summary.ts';
import { formatAmount } from './format-amount.ts';
import { sayRejection } from './say-rejection.ts';
import { type CheckedChange, smallestChanges } from './smallest-changes.ts';

export interface PluginVerdict {
  readonly plugin: string;
  readonly verdict: 'passed' | 'rejected';
  /** In kube-scheduler's words. */
  readonly reasons: readonly string[];
  readonly details: readonly RejectionDetail[];
  /** With numbers: `needs 3Gi memory, 2.5Gi free of 2.5Gi`. */
  readonly says: readonly string[];
}

export interface NodeVerdict {
  readonly node: string;
  readonly fits: boolean;
  /** Every filter plugin of the profile, in the profile's order. */
  readonly plugins: readonly PluginVerdict[];
  /** What the pod asks for, and what is free there. */
  readonly resources: readonly {
    readonly resource: string;
    readonly needed: number;
    readonly free: number;
  }[];
}

export interface PodExplanation {
  readonly pod: string;
  readonly outcome: 'placed' | 'pending';
  readonly node: string | undefined;
  /** kube-scheduler's line: `0/2 nodes are available: …`; empty when a node suits. */
  readonly summary: string;
  /** Why the chosen node won, or why there is none: a sentence. */
  readonly why: string;
  readonly nodes: readonly NodeVerdict[];
  /** Of the nodes that fit, the best first. */
  readonly scores: readonly NodeScore[];
  /** For a pod that waits: what would give it a node, the smallest change first. */
  readonly changes: readonly CheckedChange[];
}

/** Explains a decision against the snapshot that it was made of, before the pod is placed. The snapshot stays as it is. */
export function explainDecision(
  engine: SchedulingEngine,
  pod: PodInfo,
  placement: Placement | undefined,
): PodExplanation {
  const { feasible } = engine.explain(pod);
  const summary = summaryOf(engine, pod);
  const waits = placement === undefined && (feasible.length === 0 || pod.template.gates.length > 0);
  return {
    pod: podName(pod),
    outcome: placement === undefined ? 'pending' : 'placed',
    node: placement?.node,
    summary,
    why: placement === undefined ? whyPending(summary) : whyWon(placement, feasible),
    nodes: nodeVerdicts(engine, pod),
    scores: feasible,
    changes: waits ? smallestChanges(engine, pod) : [],
  };
}

/** @throws PeapodError `Invalid` when there is no profile for the pod */
export function explainPod(engine: SchedulingEngine, pod: PodInfo): PodExplanation {
  const decision = engine.decide(pod);
  return explainDecision(engine, pod, decision.outcome === 'placed' ? decision : undefined);
}

function nodeVerdicts(engine: SchedulingEngine, pod: PodInfo): NodeVerdict[] {
  const { nodes } = engine.snapshot;
  const steps = new Map(engine.stepsFor(pod).filters.map(({ plugin, step }) => [plugin, step]));
  const names = engine.profileOf(pod).filters.map(({ name }) => name);
  return [...nodes.live.subarray(0, nodes.count)].map((slot) => {
    const plugins = names.map((plugin): PluginVerdict => {
      const rejection = steps.get(plugin)?.explain(slot);
      if (rejection === undefined) return { plugin, verdict: 'passed', reasons: [], details: [], says: [] };
      const { reasons, details } = rejection;
      return { plugin, verdict: 'rejected', reasons, details, says: sayRejection(rejection) };
    });
    return {
      node: nodes.info(slot).name,
      fits: plugins.every(({ verdict }) => verdict === 'passed'),
      plugins,
      resources: resourcesOn(engine, pod, slot),
    };
  });
}

function resourcesOn(
  { snapshot: { nodes } }: SchedulingEngine,
  pod: PodInfo,
  slot: number,
): NodeVerdict['resources'] {
  const { columns, amounts } = pod.template.shape;
  return columns.map((column, index) => ({
    resource: nodes.resources.nameOf(column),
    needed: amounts[index] ?? 0,
    free: (nodes.allocatable[column]?.[slot] ?? 0) - (nodes.requested[column]?.[slot] ?? 0),
  }));
}

/** `needs 3Gi memory, 3Gi free` */
export function sayResources(resources: NodeVerdict['resources']): string {
  return resources
    .map(({ resource, needed, free }) => {
      const amount = (value: number): string => formatAmount(resource, value);
      return `needs ${amount(needed)} ${resource}, ${amount(Math.max(0, free))} free`;
    })
    .join('; ');
}

/** kube-scheduler's line for a pod that gets no node now; empty when a node suits. */
export function summaryOf(engine: SchedulingEngine, pod: PodInfo): string {
  const { gates } = pod.template;
  return gates.length > 0 ? summarise(engine.snapshot.nodes.count, [], gates) : engine.explain(pod).summary;
}

function whyPending(summary: string): string {
  return summary === '' ? 'a node suits the pod by itself, but not its whole gang' : summary;
}

function whyWon({ node, feasible, ties, score }: Placement, scores: readonly NodeScore[]): string {
  if (feasible === 1) return `${node} is the only node that fits`;
  if (ties > 1) return `${node} was chosen by lot among ${ties} nodes with the best score, ${score}`;
  const winner = scores.find((one) => one.node === node);
  const second = scores.find((one) => one.node !== node);
  if (winner === undefined || second === undefined) return `${node} has the best score, ${score}`;
  return `${node} has the best score, ${winner.total}; ${second.node} comes next with ${second.total}${leadOf(winner, second)}`;
}

/** By which plugins the winner leads, and by which it trails. */
function leadOf(winner: NodeScore, second: NodeScore): string {
  const leads = winner.scores
    .map(({ plugin, weight, normalised }) => {
      const other = second.scores.find((score) => score.plugin === plugin);
      return { plugin, lead: weight * (normalised - (other?.normalised ?? 0)) };
    })
    .filter(({ lead }) => lead !== 0)
    .sort((a, b) => b.lead - a.lead)
    .map(({ plugin, lead }) => `${plugin} ${lead > 0 ? '+' : ''}${lead}`);
  return leads.length === 0 ? '' : ` (${leads.join(', ')})`;
}
