import { eventTexts } from '../events/event-texts.ts';
import { runHook } from '../hooks/run-hook.ts';
import type { RunPreStop } from '../planner/action.ts';
import { findSpecContainer } from '../spec-containers.ts';
import { announceKill } from './announce-kill.ts';
import type { PodContext } from './pod-context.ts';

/** Runs the preStop hook, for the grace period at most. However it ends, the container is stopped next. */
export async function runPreStop(action: RunPreStop, context: PodContext): Promise<void> {
  const { deps, pod, memory, events, signal } = context;
  announceKill(context, action);
  const container = findSpecContainer(pod, action.container);
  const handler = container?.spec.lifecycle?.preStop;
  try {
    if (container === undefined || handler === undefined) return;
    await runHook(handler, {
      context,
      container,
      containerId: action.containerId,
      timeoutMs: Math.max(action.killAt - deps.clock.now(), 1),
    });
  } catch (error) {
    signal.throwIfAborted();
    if (container !== undefined) events.record(pod, eventTexts.preStopFailed(container));
    deps.log({
      level: 'info',
      message: 'preStop hook failed',
      error,
      pod: pod.metadata?.name ?? '',
    });
  } finally {
    memory.preStopped.set(action.containerId, action.killAt);
  }
}
