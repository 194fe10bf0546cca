import type { Pod } from '../../model/api/types.ts';
import { containerCgroupSettings } from '../../model/cgroup-arithmetic.ts';
import type { ContainerStatus as RuntimeContainer } from '../../runtime/pod-runtime.ts';
import { type SpecContainer, specContainers } from '../spec-containers.ts';
import { newestContainer } from './observed.ts';
import type { ObservedPod } from './plan-input.ts';

/** The OOM score is no part of a resize, so the node's memory does not matter here. */
const ANY_MEMORY = Number.MAX_SAFE_INTEGER;

/** Whether a running container's cpu and memory are other than the spec now says, and what its `resizePolicy` demands. */
export function resizeNeeded(
  pod: Pod,
  { kind, spec }: SpecContainer,
  { resources }: RuntimeContainer,
): 'no' | 'in-place' | 'restart' {
  if (kind === 'ephemeral' || kind === 'init') return 'no';
  const wanted = containerCgroupSettings(pod, spec, ANY_MEMORY);
  const changed = new Set<string>();
  if (resources.cpuShares !== wanted.cpuShares || resources.cpuQuotaUs !== wanted.cpuQuotaUs)
    changed.add('cpu');
  if (resources.memoryLimitBytes !== wanted.memoryLimitBytes) changed.add('memory');
  if (changed.size === 0) return 'no';
  const restarts = (spec.resizePolicy ?? []).some(
    ({ resourceName, restartPolicy }) => restartPolicy === 'RestartContainer' && changed.has(resourceName),
  );
  return restarts ? 'restart' : 'in-place';
}

/** Whether any running container has other resources than the spec says. */
export function needsResize(pod: Pod, observed: ObservedPod): boolean {
  return specContainers(pod).some((container) => {
    const newest = newestContainer(observed, container.name);
    return newest?.state === 'CONTAINER_RUNNING' && resizeNeeded(pod, container, newest) !== 'no';
  });
}
