/** Why a pod is where it is after a simulation, or is nowhere: one line. */
import type { NodeRejection } from '../engine/decision.ts';
import type { PodOutcome, SimulationResult } from '../simulate/simulate.ts';
import { podName } from '../engine/pod/pod-info.ts';
import type { GangRefusal } from '../gang/place-gang.ts';
import { summaryOf } from './explain-pod.ts';
import { sayRejection } from './say-rejection.ts';

/** Numbers are told of so many nodes. */
const MAX_NODES_TOLD = 3;

/** Pods of one template wait for the same reason: it is worked out once. */
export class OutcomeReasons {
  readonly #result: SimulationResult;
  readonly #refusals = new Map<string, string>();
  readonly #evictedFor: ReadonlyMap<string, string[]>;

  constructor(result: SimulationResult) {
    this.#result = result;
    this.#evictedFor = groupEvictions(result);
  }

  reasonOf(outcome: PodOutcome): string {
    const text = outcome.outcome === 'placed' ? placedReason(outcome) : this.#pendingReason(outcome);
    const evicted = this.#evictedFor.get(podName(outcome.pod)) ?? [];
    return evicted.length === 0 ? text : `${text}; evicted ${evicted.join(', ')}`;
  }

  /** As kube-scheduler sums it up; empty when a node suits. */
  summaryOf({ pod }: PodOutcome): string {
    const { engine } = this.#result.cluster;
    return engine.handles(pod.template.schedulerName) ? summaryOf(engine, pod) : '';
  }

  #pendingReason({ pod, gang }: Extract<PodOutcome, { outcome: 'pending' }>): string {
    const { engine, gangs } = this.#result.cluster;
    const { schedulerName, key } = pod.template;
    if (!engine.handles(schedulerName)) return `waits for another scheduler: ${schedulerName}`;
    if (pod.gang !== undefined && !gangs.has(pod.gang))
      return `waits for PodGroup ${pod.gang}, which is not there`;
    const known = this.#refusals.get(key);
    const refusal = known ?? this.#refusal(pod);
    this.#refusals.set(key, refusal);
    if (gang === undefined) return refusal;
    return [sayGang(pod.gang ?? '', gang), refusal].filter((text) => text !== '').join('; ');
  }

  #refusal(pod: PodOutcome['pod']): string {
    const { engine } = this.#result.cluster;
    const summary = summaryOf(engine, pod);
    const gated = pod.template.gates.length > 0;
    return summary === '' || gated ? summary : `${summary}${numbersOf(engine.explain(pod).rejected)}`;
  }
}

function placedReason({ placement, pod }: Extract<PodOutcome, { outcome: 'placed' }>): string {
  if (placement === undefined) return `together with the gang ${pod.gang ?? ''}`;
  const { feasible, ties, score } = placement;
  if (feasible === 1) return 'the only node that fits';
  if (ties > 1) return `by lot among ${ties} nodes of the best score, ${score}, of ${feasible} that fit`;
  return `the best of ${feasible} nodes that fit, score ${score}`;
}

export function sayGang(key: string, { reason, needed, reached }: GangRefusal): string {
  if (reason === 'members') return `gang ${key}: ${needed} pods needed, ${reached} there`;
  const bound = reason === 'bound' ? ' (the search was cut short)' : '';
  return `gang ${key}: ${needed} pods needed together, ${reached} find a place${bound}`;
}

function numbersOf(rejected: readonly NodeRejection[]): string {
  const told = rejected
    .filter(({ details }) => details.length > 0)
    .map((rejection) => `${rejection.node}: ${sayRejection(rejection).join(', ')}`);
  if (told.length === 0 || told.length > MAX_NODES_TOLD) return '';
  return ` ${told.join('; ')}`;
}

function groupEvictions({ evictions }: SimulationResult): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { pod, by } of evictions) groups.set(by, [...(groups.get(by) ?? []), podName(pod)]);
  return groups;
}
