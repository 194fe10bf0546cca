import type { StopContainer } from '../planner/action.ts';
import { announceKill } from './announce-kill.ts';
import type { PodContext } from './pod-context.ts';

/** Sends the stop signal, and SIGKILL when the grace period is over. */
export async function stopContainer(action: StopContainer, context: PodContext): Promise<void> {
  announceKill(context, action);
  await context.deps.runtime.stopContainer(action.containerId, action.timeoutMs, { signal: context.signal });
}
