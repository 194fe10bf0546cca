/** Which evictions PodDisruptionBudgets allow. */
import type { PodDisruptionBudget } from '../../model/api/types.ts';
import { FieldErrors } from '../../model/field-error.ts';
import { type CompiledSelector, compileSelector, matchesSelector } from './pod/label-selector.ts';
import type { PodInfo } from './pod/pod-info.ts';

export interface DisruptionAllowance {
  readonly namespace: string;
  readonly selector: CompiledSelector;
  readonly allowed: number;
  /** Names of pods that are being evicted already: they cost nothing more. */
  readonly disrupted: ReadonlySet<string>;
}

export function budgetsOf(budgets: Iterable<PodDisruptionBudget>): DisruptionAllowance[] {
  return [...budgets].map(({ metadata, spec, status }) => ({
    namespace: metadata?.namespace ?? 'default',
    selector: compileSelector(spec?.selector, 'spec.selector', new FieldErrors()),
    allowed: status?.disruptionsAllowed ?? 0,
    disrupted: new Set(Object.keys(status?.disruptedPods ?? {})),
  }));
}

/** Goes through the pods in order and spends the budgets; whoever comes too late is violating. */
export function splitByBudget(
  pods: readonly PodInfo[],
  budgets: readonly DisruptionAllowance[],
): { violating: PodInfo[]; others: PodInfo[] } {
  const left = budgets.map(({ allowed }) => allowed);
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const pod of pods) {
    let violates = false;
    for (const [index, budget] of budgets.entries()) {
      if (!isProtected(pod, budget)) continue;
      left[index] = (left[index] ?? 0) - 1;
      if ((left[index] ?? 0) < 0) violates = true;
    }
    (violates ? violating : others).push(pod);
  }
  return { violating, others };
}

function isProtected({ name, template }: PodInfo, budget: DisruptionAllowance): boolean {
  if (budget.namespace !== template.namespace || template.labels.size === 0) return false;
  if (budget.selector === undefined || budget.selector.length === 0) return false;
  return matchesSelector(budget.selector, template.labels) && !budget.disrupted.has(name);
}
