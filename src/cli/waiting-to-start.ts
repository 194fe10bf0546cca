import type { Pod } from '../model/api/types.ts';
import { containerStatuses } from './find-pods.ts';

/**
 * Why a container that has not written anything has no log, in the kubelet's words.
 * @returns nothing when it has been started, or its pod has ended
 * @see kubernetes/pkg/kubelet/kubelet_pods.go validateContainerLogStatus
 */
export function waitingToStart(pod: Pod, container: string): string | undefined {
  const status = containerStatuses(pod).find(({ name }) => name === container);
  if (status?.lastState?.terminated !== undefined) return undefined;
  const reason = status === undefined ? reasonUntold(pod) : waitingReason(status.state?.waiting);
  if (reason === undefined) return undefined;
  return `container "${container}" in pod "${pod.metadata?.name}" is waiting to start: ${reason}`;
}

/** Of a container that no node has told of. */
function reasonUntold({ status }: Pod): string | undefined {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return undefined;
  const unplaced = status?.conditions?.find(
    (condition) => condition.type === 'PodScheduled' && condition.status === 'False',
  );
  return unplaced?.reason ?? 'ContainerCreating';
}

function waitingReason(waiting: { reason?: string } | undefined): string | undefined {
  if (waiting === undefined) return undefined;
  switch (waiting.reason) {
    case 'ErrImagePull':
      return "image can't be pulled";
    case 'ImagePullBackOff':
      return 'trying and failing to pull image';
    default:
      return waiting.reason ?? 'ContainerCreating';
  }
}
