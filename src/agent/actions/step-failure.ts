import type { StepFailure } from '../planner/plan-input.ts';
import type { PodContext } from './pod-context.ts';

/** How long the kubelet waits before it tries a failed pod again. */
export const RETRY_MS = 10_000;

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What to remember of an expected failure; spread a little, so that pods don't try in step. */
export function stepFailure(
  { deps }: PodContext,
  reason: string,
  error: unknown,
  retryMs: number = RETRY_MS,
): StepFailure {
  const delayMs = retryMs * (1 + deps.random() / 2);
  return { reason, message: messageOf(error), retryAt: deps.clock.now() + delayMs };
}
