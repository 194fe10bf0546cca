import { podCgroupSettings } from '../../model/cgroup-arithmetic.ts';
import { qosClass } from '../../model/qos-class.ts';
import { containerResources } from '../container-config/container-config.ts';
import type { ResizeContainer } from '../planner/action.ts';
import { podIdentity } from '../pod-identity.ts';
import { findSpecContainer } from '../spec-containers.ts';
import type { PodContext } from './pod-context.ts';
import { stepFailure } from './step-failure.ts';

/** Gives a running container the cpu and memory that its spec now says: the pod's cgroup first. */
export async function resizeContainer(action: ResizeContainer, context: PodContext): Promise<void> {
  const { deps, pod, memory, signal } = context;
  const container = findSpecContainer(pod, action.container);
  if (container === undefined) return;
  const key = `resize/${action.container}`;
  try {
    await deps.cgroups.ensure({ uid: podIdentity(pod).uid, qosClass: qosClass(pod) }, podCgroupSettings(pod));
    const { oomScoreAdj: _, ...resources } = containerResources(pod, container.spec, deps.node.memoryBytes);
    await deps.runtime.updateContainerResources(action.containerId, resources, { signal });
    memory.failures.delete(key);
  } catch (error) {
    signal.throwIfAborted();
    memory.failures.set(key, stepFailure(context, 'Error', error));
  }
}
