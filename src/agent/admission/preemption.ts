/**
 * Whom a critical pod that finds no room sends away.
 * @see kubernetes/pkg/kubelet/preemption/preemption.go
 */
import type { Node, Pod } from '../../model/api/types.ts';
import { type QosClass, qosClass } from '../../model/qos-class.ts';
import { isCriticalPod } from '../critical-pod.ts';
import { podRefusal, type PodRefusal, type Shortage, shortages, takenBy } from './pod-refusal.ts';

export const PREEMPTED = {
  reason: 'Preempting',
  message: 'Preempted in order to admit critical pod',
} as const;

export type Admission =
  | { readonly verdict: 'admitted' }
  | { readonly verdict: 'refused'; readonly refusal: PodRefusal }
  /** It is asked again when these have ended. */
  | { readonly verdict: 'preempts'; readonly victims: readonly Pod[] };

/** @param others the node's other pods that it has taken and that have not ended */
export function admission(pod: Pod, others: readonly Pod[], node: Node): Admission {
  const refusal = podRefusal(pod, others, node);
  if (refusal === undefined) return { verdict: 'admitted' };
  const short = shortages(pod, others, node);
  // Nobody makes room for a pod that would not be taken then.
  if (!isCriticalPod(pod) || short.length === 0 || podRefusal(pod, [], node) !== undefined)
    return { verdict: 'refused', refusal };
  const victims = podsToPreempt(pod, others, short);
  if (victims !== undefined) return { verdict: 'preempts', victims };
  const lacking = short
    .map(({ resource, requested, used, capacity }) => `(res: ${resource}, q: ${requested + used - capacity})`)
    .join(', ');
  const why = `preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: [${lacking}, ]`;
  return {
    verdict: 'refused',
    refusal: {
      reason: 'UnexpectedAdmissionError',
      message: `Unexpected error while attempting to recover from admission failure: ${why}`,
    },
  };
}

/**
 * As few and as cheap pods as will do, those without guarantees first. Nothing when even all of them are not enough.
 */
function podsToPreempt(pod: Pod, others: readonly Pod[], short: readonly Shortage[]): Pod[] | undefined {
  const candidates = others.filter((other) => isPreemptable(other, pod));
  const byClass = (wanted: QosClass) => candidates.filter((one) => qosClass(one) === wanted);
  const [bestEffort, burstable, guaranteed] = [
    byClass('BestEffort'),
    byClass('Burstable'),
    byClass('Guaranteed'),
  ];
  if (lacking(short, candidates).size > 0) return undefined;
  // Of the better ones only what the lesser ones, all gone, would leave wanting.
  const fromGuaranteed = closest(guaranteed, lacking(short, [...bestEffort, ...burstable]));
  const fromBurstable = closest(burstable, lacking(short, [...bestEffort, ...fromGuaranteed]));
  const fromBestEffort = closest(bestEffort, lacking(short, [...fromBurstable, ...fromGuaranteed]));
  return [...fromBestEffort, ...fromBurstable, ...fromGuaranteed];
}

function isPreemptable(other: Pod, pod: Pod): boolean {
  if (!isCriticalPod(other)) return true;
  const [theirs, ours] = [other.spec?.priority, pod.spec?.priority];
  return theirs !== undefined && ours !== undefined && ours > theirs;
}

/** How much is wanting still, by resource, when these have gone. */
function lacking(short: readonly Shortage[], gone: readonly Pod[]): Map<string, number> {
  const left = short.map(({ resource, requested, used, capacity }) => {
    const freed = gone.reduce((sum, pod) => sum + takenBy(pod, resource), 0);
    return [resource, requested + used - capacity - freed] as const;
  });
  return new Map(left.filter(([, amount]) => amount > 0));
}

/** One after the other the pod that leaves the least wanting, and of equal ones the smallest. */
function closest(pods: readonly Pod[], wanting: ReadonlyMap<string, number>): Pod[] {
  const chosen: Pod[] = [];
  let rest = new Map(wanting);
  while (rest.size > 0) {
    const [best] = pods
      .filter((pod) => !chosen.includes(pod))
      .map((pod) => ({ pod, distance: distance(pod, rest) }))
      .sort((a, b) => a.distance - b.distance || smallerFirst(a.pod, b.pod));
    if (best === undefined) break;
    chosen.push(best.pod);
    rest = new Map(
      [...rest]
        .map(([resource, amount]) => [resource, amount - takenBy(best.pod, resource)] as const)
        .filter(([, amount]) => amount > 0),
    );
  }
  return chosen;
}

/** Of what is wanting the shares that would stay so, squared and summed up. */
function distance(pod: Pod, wanting: ReadonlyMap<string, number>): number {
  return [...wanting].reduce((sum, [resource, amount]) => {
    const share = Math.max(amount - takenBy(pod, resource), 0) / amount;
    return sum + share * share;
  }, 0);
}

function smallerFirst(a: Pod, b: Pod): number {
  return takenBy(a, 'memory') - takenBy(b, 'memory') || takenBy(a, 'cpu') - takenBy(b, 'cpu');
}
