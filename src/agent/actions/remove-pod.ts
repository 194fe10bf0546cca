import { eventTexts } from '../events/event-texts.ts';
import { podIdentity } from '../pod-identity.ts';
import type { PodContext } from './pod-context.ts';
import { messageOf, stepFailure } from './step-failure.ts';

/** Removes all that is left of a deleted pod, and at last the object itself. */
export async function removePod(context: PodContext): Promise<void> {
  const { deps, pod, observed, memory, signal, events } = context;
  try {
    for (const { id } of observed.sandboxes) await deps.runtime.removePodSandbox(id, { signal });
    for (const { id } of observed.containers) await deps.runtime.removeContainer(id, { signal });
    await deps.files.removePod(podIdentity(pod));
    memory.isCleared = true;
    await events.flushed();
    await deps.client.removePod(pod);
    memory.removal = { state: 'done' };
  } catch (error) {
    signal.throwIfAborted();
    memory.removal = { state: 'failed', ...stepFailure(context, 'FailedKillPod', error) };
    events.record(pod, eventTexts.failedKill(messageOf(error)));
  }
}
