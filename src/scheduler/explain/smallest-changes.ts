/** The smallest changes that would give a waiting pod a node, each tried out with the engine. */
import type { Pod } from '../../model/api/types.ts';
import type { PodInfo } from '../engine/pod/pod-info.ts';
import type { SchedulingEngine } from '../engine/schedule-pod.ts';
import type { Steps } from '../engine/fast/shape-plan.ts';
import { carryOut, type ChangeStep, sayStep } from './change-step.ts';
import { MANNERS, repairNode } from './repair-node.ts';

export interface CheckedChange {
  readonly steps: readonly ChangeStep[];
  /** Where the engine puts the pod after the change. */
  readonly node: string;
  /** `free 512Mi memory on node-2` */
  readonly text: string;
}

/** In large clusters only the nodes that lack least are looked at. */
const MAX_NODES = 40;
const MAX_CHANGES = 8;
const MAX_OF_A_KIND = 2;
const MAX_KINDS_OF_NODES = 5;

/**
 * Changes after each of which the engine places the pod, none of whose steps can be left out, the smallest first; at most
 * two of a kind. Empty when nothing that we know of helps. The snapshot stays as it is.
 */
export function smallestChanges(engine: SchedulingEngine, pod: PodInfo): CheckedChange[] {
  const found = new Map<string, CheckedChange>();
  const propose = (steps: readonly ChangeStep[] | undefined): void => {
    const needed = steps && withoutNeedless(engine, pod.pod, steps);
    const node = needed && tryOut(engine, pod.pod, needed);
    if (needed === undefined || node === undefined) return;
    const text = needed.map(sayStep).join(', and ');
    found.set(text, { steps: needed, node, text });
  };
  for (const slot of nearestNodes(engine, pod)) {
    for (const manner of MANNERS) propose(repairNode(engine, pod.pod, slot, manner));
  }
  for (const like of kindsOfNodes(engine)) propose([{ kind: 'add-node', like }]);
  return choose([...found.values()]);
}

/** Where the pod goes after the steps, if anywhere. */
export function tryOut(engine: SchedulingEngine, pod: Pod, steps: readonly ChangeStep[]): string | undefined {
  const { snapshot } = engine;
  return snapshot.attempt(() => {
    const changed = carryOut(steps, snapshot, pod);
    const decision = engine.decide(snapshot.readPod(changed));
    return decision.outcome === 'placed' ? decision.node : undefined;
  });
}

/** Mending one thing may have mended another. */
function withoutNeedless(
  engine: SchedulingEngine,
  pod: Pod,
  steps: readonly ChangeStep[],
): readonly ChangeStep[] {
  let needed = steps;
  for (const step of steps.toReversed()) {
    const fewer = needed.filter((other) => other !== step);
    if (fewer.length > 0 && tryOut(engine, pod, fewer) !== undefined) needed = fewer;
  }
  return needed;
}

/** Those that few plugins turn away come first, then those that lack little. */
function nearestNodes(engine: SchedulingEngine, pod: PodInfo): number[] {
  const { nodes } = engine.snapshot;
  const steps = engine.stepsFor(pod);
  return [...nodes.live.subarray(0, nodes.count)]
    .map((slot) => ({ slot, distance: distanceOf(slot, steps) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MAX_NODES)
    .map(({ slot }) => slot);
}

function distanceOf(slot: number, { filters }: Steps): number {
  let distance = 0;
  for (const { step } of filters) {
    const rejection = step.explain(slot);
    if (rejection === undefined) continue;
    distance += 10;
    for (const detail of rejection.details)
      if (detail.kind === 'resource') distance += (detail.needed - detail.free) / detail.needed;
  }
  return distance;
}

/** A node of each sort, the largest first. */
function kindsOfNodes({ snapshot: { nodes } }: SchedulingEngine): string[] {
  const kinds = new Map<string, string>();
  for (const slot of nodes.live.subarray(0, nodes.count)) {
    const { name, allocatable, taints, labels } = nodes.info(slot);
    const others = [...labels].filter(([key]) => key !== 'kubernetes.io/hostname');
    const key = JSON.stringify([[...allocatable], taints, others]);
    if (!kinds.has(key)) kinds.set(key, name);
    if (kinds.size >= MAX_KINDS_OF_NODES) break;
  }
  return [...kinds.values()];
}

function choose(changes: CheckedChange[]): CheckedChange[] {
  const taken = new Map<string, number>();
  return changes
    .sort((a, b) => sizeOf(a) - sizeOf(b) || (a.text < b.text ? -1 : 1))
    .filter(({ steps }) => {
      const kind = [...new Set(steps.map((step) => step.kind))].join();
      const count = (taken.get(kind) ?? 0) + 1;
      taken.set(kind, count);
      return count <= MAX_OF_A_KIND;
    })
    .slice(0, MAX_CHANGES);
}

/** Fewer steps are smaller, then smaller amounts; a new node is larger than anything done to those there are. */
function sizeOf({ steps }: CheckedChange): number {
  return steps.reduce((sum, step) => sum + 1 + amountOf(step), 0);
}

function amountOf(step: ChangeStep): number {
  switch (step.kind) {
    case 'free':
    case 'enlarge':
      return 1 - 1 / (1 + step.amount / (step.resource === 'memory' ? 2 ** 30 : 1000));
    case 'request':
      return step.from === 0 ? 0 : (step.from - step.to) / step.from;
    case 'evict':
      return step.pods.length;
    case 'add-node':
      return 3;
    default:
      return 0;
  }
}
