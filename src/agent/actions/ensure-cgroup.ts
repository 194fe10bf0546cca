import { podCgroupSettings } from '../../model/cgroup-arithmetic.ts';
import { qosClass } from '../../model/qos-class.ts';
import { eventTexts } from '../events/event-texts.ts';
import { podIdentity } from '../pod-identity.ts';
import type { PodContext } from './pod-context.ts';
import { messageOf, stepFailure } from './step-failure.ts';

export async function ensureCgroup(context: PodContext): Promise<void> {
  const { deps, pod, memory, signal, events } = context;
  try {
    memory.cgroupPath = await deps.cgroups.ensure(
      { uid: podIdentity(pod).uid, qosClass: qosClass(pod) },
      podCgroupSettings(pod),
    );
    memory.cgroup = { state: 'done' };
  } catch (error) {
    signal.throwIfAborted();
    memory.cgroup = { state: 'failed', ...stepFailure(context, 'FailedCreatePodContainer', error) };
    events.record(pod, eventTexts.failedCgroup(messageOf(error)));
  }
}
