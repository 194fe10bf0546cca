import type { Pod } from '../../model/api/types.ts';
import type { ContainerStatus as RuntimeContainer, PodSandboxStatus } from '../../runtime/pod-runtime.ts';
import type { ObservedPod } from './plan-input.ts';

/** Orders what the runtime lists: the newest first. */
export function observedPod(
  sandboxes: readonly PodSandboxStatus[],
  containers: readonly RuntimeContainer[],
): ObservedPod {
  return {
    sandboxes: [...sandboxes].sort(
      (a, b) => b.metadata.attempt - a.metadata.attempt || b.createdAt - a.createdAt,
    ),
    containers: [...containers].sort(
      (a, b) => b.metadata.attempt - a.metadata.attempt || b.createdAt - a.createdAt,
    ),
  };
}

/** The sandbox in which containers can be started; nothing when there is none, or its infra container is dead. */
export function readySandbox(pod: Pod, observed: ObservedPod): PodSandboxStatus | undefined {
  const newest = observed.sandboxes[0];
  if (newest?.state !== 'SANDBOX_READY') return undefined;
  return pod.spec?.hostNetwork === true || newest.ips.length > 0 ? newest : undefined;
}

export function containersNamed(observed: ObservedPod, name: string): RuntimeContainer[] {
  return observed.containers.filter((container) => container.metadata.name === name);
}

export function newestContainer(observed: ObservedPod, name: string): RuntimeContainer | undefined {
  return observed.containers.find((container) => container.metadata.name === name);
}

/** Whether it has processes, or may get some. */
export function isLive({ state }: RuntimeContainer): boolean {
  return state !== 'CONTAINER_EXITED';
}
