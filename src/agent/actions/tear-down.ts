import { eventTexts } from '../events/event-texts.ts';
import { podIdentity } from '../pod-identity.ts';
import type { PodContext } from './pod-context.ts';
import { messageOf, stepFailure } from './step-failure.ts';

/** Gives back what an ended pod holds: its network, volumes and cgroup. What can be asked of it (status, logs) stays. */
export async function tearDown(context: PodContext): Promise<void> {
  const { deps, pod, observed, memory, signal, events } = context;
  const { uid } = podIdentity(pod);
  try {
    for (const { id } of observed.sandboxes) await deps.runtime.stopPodSandbox(id, { signal });
    await deps.volumes.tearDown(uid);
    await deps.cgroups.remove(uid);
    memory.teardown = { state: 'done' };
  } catch (error) {
    signal.throwIfAborted();
    memory.teardown = { state: 'failed', ...stepFailure(context, 'FailedKillPod', error) };
    events.record(pod, eventTexts.failedKill(messageOf(error)));
  }
}
