/** Which pods of lower priority have to go so that a whole gang fits. */
import { budgetsOf, splitByBudget } from '../engine/disruption-budgets.ts';
import type { PodInfo } from '../engine/pod/pod-info.ts';
import { byImportance } from '../engine/pod/importance.ts';
import type { SchedulingEngine } from '../engine/schedule-pod.ts';
import { decideGang, type GangOptions, type GangPlacement } from './place-gang.ts';
import type { Gang } from './pod-group.ts';

export interface GangPreemptionPlan {
  readonly placement: GangPlacement;
  /** The most important first. */
  readonly victims: readonly PodInfo[];
  readonly budgetViolations: number;
}

/**
 * Takes all pods away that are less important than every pod of the gang, places the gang, and puts back whom it
 * leaves room for, the most important first. Nothing when that does not help, when nobody has to go, or when a pod of
 * the gang may not preempt. The snapshot stays as it is.
 */
export function planGangPreemption(
  engine: SchedulingEngine,
  gang: Gang,
  waiting: readonly PodInfo[],
  options: GangOptions = {},
): GangPreemptionPlan | undefined {
  if (waiting.some(({ mayPreempt }) => !mayPreempt)) return undefined;
  const { snapshot } = engine;
  const priority = Math.min(...waiting.map((pod) => pod.priority));
  const lower = [...snapshot.pods()].filter((pod) => pod.priority < priority);
  if (lower.length === 0) return undefined;
  const homes = new Map(lower.map((pod) => [pod, pod.slot]));
  return snapshot.attempt(() => {
    for (const victim of lower) snapshot.remove(victim);
    const placement = decideGang(engine, gang, waiting, options);
    if (placement.outcome === 'refused') return undefined;
    const returns = (pods: readonly PodInfo[]): boolean => {
      for (const pod of pods) snapshot.place(pod, homes.get(pod) ?? -1);
      if (holds(engine, placement)) return true;
      for (const pod of pods) snapshot.remove(pod);
      return false;
    };
    const used = new Set(placement.assignments.map(({ slot }) => slot));
    const elsewhere = lower.filter((pod) => !used.has(homes.get(pod) ?? -1));
    const undecided = returns(elsewhere) ? lower.filter((pod) => used.has(homes.get(pod) ?? -1)) : lower;
    const budgets = budgetsOf(snapshot.objects.disruptionBudgets.values());
    const { violating, others } = splitByBudget(undecided.toSorted(byImportance), budgets);
    const violations = violating.filter((pod) => !returns([pod]));
    const rest = others.filter((pod) => !returns([pod]));
    return {
      placement,
      victims: [...violations, ...rest].sort(byImportance),
      budgetViolations: violations.length,
    };
  });
}

/** Whether each pod of the gang suits its node, one after the other. */
function holds(engine: SchedulingEngine, { assignments }: GangPlacement): boolean {
  return engine.snapshot.attempt(() => {
    for (const { pod, slot } of assignments) {
      if (!engine.suitsWithNominees(pod, slot)) return false;
      engine.snapshot.place(pod, slot);
    }
    return true;
  });
}
