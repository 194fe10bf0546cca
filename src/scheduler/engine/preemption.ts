/**
 * Which pods of lower priority have to go so that a pod fits.
 * @see kubernetes/pkg/scheduler/framework/preemption/preemption.go and plugins/defaultpreemption
 */
import { budgetsOf, type DisruptionAllowance, splitByBudget } from './disruption-budgets.ts';
import { rejectionOf } from './explain.ts';
import { freeFilterOf } from './fast/free-wish.ts';
import { victimsByFree } from './fast/victims-by-free.ts';
import { byImportance, startOf } from './pod/importance.ts';
import type { PodInfo } from './pod/pod-info.ts';
import type { SchedulingEngine } from './schedule-pod.ts';

export interface PreemptionPlan {
  readonly node: string;
  /** The most important first. The node suits the pod once they are gone. */
  readonly victims: readonly PodInfo[];
  /** How many of them a PodDisruptionBudget would have kept. */
  readonly budgetViolations: number;
}

/**
 * The node where the least is lost, of all nodes where evicting helps; nothing when none does, when the pod may not
 * preempt, or when pods that it preempted before are still on their way out. The snapshot stays as it is.
 */
export function planPreemption(engine: SchedulingEngine, pod: PodInfo): PreemptionPlan | undefined {
  if (!pod.mayPreempt || pod.template.gates.length > 0 || waitsForVictims(engine, pod)) return undefined;
  const budgets = budgetsOf(engine.snapshot.objects.disruptionBudgets.values());
  let best: PreemptionPlan | undefined;
  for (const plan of plansFor(engine, pod, budgets)) {
    if (best === undefined || comparePlans(plan, best) < 0) best = plan;
  }
  return best;
}

/** One for each node where evicting helps. */
function* plansFor(
  engine: SchedulingEngine,
  pod: PodInfo,
  budgets: readonly DisruptionAllowance[],
): Generator<PreemptionPlan> {
  const { nodes } = engine.snapshot;
  const steps = engine.stepsFor(pod);
  const filter = freeFilterOf(steps.filters);
  const nominees = engine.nominated.thatMatterTo(pod);
  for (const slot of nodes.live.slice(0, nodes.count)) {
    if (filter !== undefined && !nominees.has(slot)) {
      const found = victimsByFree(nodes, filter, pod, slot, budgets);
      if (found !== undefined) yield { node: nodes.info(slot).name, ...found };
      continue;
    }
    const rejection = rejectionOf(slot, '', steps);
    if (rejection?.preemptible === false) continue;
    const plan = planOnNode(engine, pod, slot, budgets);
    if (plan !== undefined) yield plan;
  }
}

function waitsForVictims({ snapshot, nominated }: SchedulingEngine, pod: PodInfo): boolean {
  const slot = snapshot.nodes.slotOf(nominated.nodeOf(pod) ?? '');
  if (slot === undefined) return false;
  return snapshot.nodes
    .podsOn(slot)
    .some(({ terminating, priority }) => terminating && priority < pod.priority);
}

/** Takes all pods of lower priority away, then puts back as many as the node bears, the most important first. */
export function planOnNode(
  engine: SchedulingEngine,
  pod: PodInfo,
  slot: number,
  budgets: readonly DisruptionAllowance[],
): PreemptionPlan | undefined {
  const { snapshot } = engine;
  const lower = snapshot.nodes.podsOn(slot).filter(({ priority }) => priority < pod.priority);
  if (lower.length === 0) return undefined;
  return snapshot.attempt(() => {
    for (const victim of lower) snapshot.remove(victim);
    if (!engine.suitsWithNominees(pod, slot)) return undefined;
    const { violating, others } = splitByBudget(lower.toSorted(byImportance), budgets);
    const staysAway = (candidate: PodInfo): boolean => {
      snapshot.place(candidate, slot);
      if (engine.suitsWithNominees(pod, slot)) return false;
      snapshot.remove(candidate);
      return true;
    };
    const violations = violating.filter(staysAway);
    const rest = others.filter(staysAway);
    return {
      node: snapshot.nodes.info(slot).name,
      victims: [...violations, ...rest].sort(byImportance),
      budgetViolations: violations.length,
    };
  });
}

/** Negative when less is lost by `a`. */
function comparePlans(a: PreemptionPlan, b: PreemptionPlan): number {
  const criteria: readonly ((plan: PreemptionPlan) => number)[] = [
    ({ budgetViolations }) => budgetViolations,
    ({ victims }) => victims[0]?.priority ?? Number.NEGATIVE_INFINITY,
    ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
    ({ victims }) => victims.length,
    ({ victims }) => -earliestStart(victims),
  ];
  for (const criterion of criteria) {
    const [valueA, valueB] = [criterion(a), criterion(b)];
    if (valueA !== valueB) return valueA < valueB ? -1 : 1;
  }
  return 0;
}

/** Of the victims of the highest priority. */
function earliestStart(victims: readonly PodInfo[]): number {
  const [first] = victims;
  return Math.min(...victims.filter(({ priority }) => priority === first?.priority).map(startOf));
}
