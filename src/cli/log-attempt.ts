import type { ContainerStatus, Pod } from '../model/api/types.ts';
import { containerStatuses } from './find-pods.ts';

/**
 * Whose log is meant: that of the newest instance which may have written something, or of the one that ended last.
 * @param previous the one that ended last; while the next one waits, both are the same
 * @returns the instance's number, 0 for the first; nothing when a previous one is wanted and there is none
 * @see kubernetes/pkg/kubelet/kubelet_pods.go validateContainerLogStatus
 */
export function logAttempt(pod: Pod, container: string, previous: boolean): number | undefined {
  const status = containerStatuses(pod).find(({ name }) => name === container);
  if (status === undefined) return previous ? undefined : 0;
  const ended = endedLast(status);
  if (previous) return ended;
  return status.state?.waiting === undefined ? status.restartCount : (ended ?? status.restartCount);
}

/** The count of restarts is the number of the instance whose id the status has: the ended one, until the next is made. */
function endedLast({ lastState, containerID, restartCount }: ContainerStatus): number | undefined {
  const ended = lastState?.terminated;
  if (ended !== undefined && ended.containerID === containerID) return restartCount;
  return restartCount > 0 ? restartCount - 1 : undefined;
}
