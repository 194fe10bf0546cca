/**
 * What a disruption budget allows now.
 * @see kubernetes/pkg/controller/disruption/disruption.go
 */
import type {
  Condition,
  Pod,
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
} from '../../model/api/types.ts';
import { intOrPercent } from '../../model/int-or-percent.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { readySince } from '../pod-states.ts';

/** An eviction that has been allowed and not been seen for so long has come to nothing. */
export const DELETION_TIMEOUT_MS = 2 * 60_000;

const ALLOWED = 'DisruptionAllowed';

export interface Expected {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
}

/** Whether the budget is a share of what the pods' controllers want, and not a number of pods. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string';
}

/** @param scale how many pods the controllers of the pods want together */
export function expectedPods({ spec }: PodDisruptionBudget, podCount: number, scale: number): Expected {
  const { maxUnavailable, minAvailable } = spec ?? {};
  if (maxUnavailable !== undefined) {
    const missing = intOrPercent(maxUnavailable, scale, Math.ceil);
    return { expectedPods: scale, desiredHealthy: Math.max(0, scale - missing) };
  }
  if (typeof minAvailable === 'string')
    return { expectedPods: scale, desiredHealthy: intOrPercent(minAvailable, scale, Math.ceil) };
  return minAvailable === undefined
    ? { expectedPods: 0, desiredHealthy: 0 }
    : { expectedPods: podCount, desiredHealthy: minAvailable };
}

export interface Disrupted {
  /** Evictions that are allowed and not seen yet, with their times. */
  readonly pending: Record<string, string>;
  /** Pods that were to be evicted and are still there. */
  readonly notDeleted: readonly Pod[];
  /** In how many milliseconds the next of the pending has come to nothing. */
  readonly nextMs: number | undefined;
}

export function disruptedPods(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  nowMs: number,
): Disrupted {
  const pending: Record<string, string> = {};
  const notDeleted: Pod[] = [];
  let nextMs: number | undefined;
  for (const pod of pods) {
    const name = pod.metadata?.name ?? '';
    const since = status?.disruptedPods?.[name];
    if (since === undefined || pod.metadata?.deletionTimestamp !== undefined) continue;
    const leftMs = Date.parse(since) + DELETION_TIMEOUT_MS - nowMs;
    if (leftMs < 0) {
      notDeleted.push(pod);
      continue;
    }
    pending[name] = since;
    nextMs = Math.min(nextMs ?? Infinity, leftMs);
  }
  return { pending, notDeleted, nextMs };
}

export function budgetStatus(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  { expectedPods: expected, desiredHealthy }: Expected,
  pending: Readonly<Record<string, string>>,
  nowMs: number,
): PodDisruptionBudgetStatus {
  const healthy = pods.filter(
    (pod) =>
      pod.metadata?.deletionTimestamp === undefined &&
      pending[pod.metadata?.name ?? ''] === undefined &&
      readySince(pod) !== undefined,
  ).length;
  // A budget that selects nothing allows nothing, so that it is safe when its first pods come.
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desiredHealthy);
  return {
    ...budget.status,
    currentHealthy: healthy,
    desiredHealthy,
    disruptionsAllowed: allowed,
    disruptedPods: { ...pending },
    expectedPods: expected,
    observedGeneration: budget.metadata?.generation ?? 0,
    conditions: withAllowed(
      budget,
      allowed > 0
        ? { status: 'True', reason: 'SufficientPods', message: '' }
        : { status: 'False', reason: 'InsufficientPods', message: '' },
      nowMs,
    ),
  };
}

/** Where it cannot be told what is allowed, nothing is. */
export function failSafeStatus(
  budget: PodDisruptionBudget,
  message: string,
  nowMs: number,
): PodDisruptionBudgetStatus {
  const verdict = { status: 'False', reason: 'SyncFailed', message };
  return { ...budget.status, disruptionsAllowed: 0, conditions: withAllowed(budget, verdict, nowMs) };
}

function withAllowed(
  { metadata, status }: PodDisruptionBudget,
  verdict: Pick<Condition, 'status' | 'reason' | 'message'>,
  nowMs: number,
): Condition[] {
  const present = status?.conditions ?? [];
  const before = present.find(({ type }) => type === ALLOWED);
  const kept = before?.status === verdict.status ? before.lastTransitionTime : undefined;
  return [
    ...present.filter(({ type }) => type !== ALLOWED),
    {
      type: ALLOWED,
      ...verdict,
      observedGeneration: metadata?.generation ?? 0,
      lastTransitionTime: kept ?? apiTime(nowMs),
    },
  ];
}
