import type { ContainerStatus as RuntimeContainer } from '../../runtime/pod-runtime.ts';
import type { SpecContainer } from '../spec-containers.ts';
import { containerKey } from './action.ts';
import type { PlanBuilder } from './plan-builder.ts';
import type { PlanInput } from './plan-input.ts';

/** Even a hook that takes the whole grace period leaves this much for the stop signal. */
export const MINIMUM_GRACE_MS = 2000;
/** A kill that comes this much sooner is worth interrupting a stop that is under way. */
const SOONER_MS = 500;

export interface StopRequest {
  message: string;
  killAt: number;
  /** Whether there is no grace at all: no hook, and SIGKILL at once. */
  atOnce: boolean;
  /** Whether only the hook may run as yet. */
  holdSignal?: boolean;
}

/** Runs the container's preStop hook, then stops it; both within the grace period. A stop under way is shortened when needed. */
export function planStop(
  input: PlanInput,
  plan: PlanBuilder,
  container: SpecContainer,
  instance: RuntimeContainer,
  request: StopRequest,
): void {
  const { facts, busy, now } = input;
  const key = containerKey(container.name);
  const current = busy.get(key);
  if (current !== undefined) {
    const isEnding = current.type === 'stop-container' || current.type === 'run-pre-stop';
    if (!isEnding || request.killAt + SOONER_MS < current.killAt) plan.abort(key);
    return;
  }
  const common = { container: container.name, containerId: instance.id, message: request.message };
  const hook = container.spec.lifecycle?.preStop;
  const runs = instance.state === 'CONTAINER_RUNNING';
  if (hook !== undefined && runs && !request.atOnce && !facts.preStopped.has(instance.id)) {
    plan.do({ type: 'run-pre-stop', ...common, killAt: request.killAt });
    return;
  }
  if (request.holdSignal === true) return;
  const timeoutMs = request.atOnce || !runs ? 0 : Math.max(request.killAt - now, MINIMUM_GRACE_MS);
  plan.do({ type: 'stop-container', ...common, killAt: now + timeoutMs, timeoutMs });
}
