import type { Pod, PodCondition, PodStatus } from '../model/api/types.ts';
import { eventTexts } from './events/event-texts.ts';
import type { PodEvents } from './events/pod-events.ts';

/**
 * Tells that a resize has begun, waits, has failed or is done, as the conditions of the next status say and those of the pod's own do not yet.
 * @see kubernetes/pkg/kubelet/allocation/allocation_manager.go, kubelet_pods.go
 */
export function announceResize(pod: Pod, next: PodStatus, events: PodEvents): void {
  const of = (type: string, status: PodStatus | undefined) =>
    status?.conditions?.find((condition) => condition.type === type);
  const [waited, waits] = [of('PodResizePending', pod.status), of('PodResizePending', next)];
  const [began, goesOn] = [of('PodResizeInProgress', pod.status), of('PodResizeInProgress', next)];
  if (waits !== undefined && isNews(waited, waits))
    events.record(pod, eventTexts.resizePending(pod, waits.reason ?? '', waits.message ?? ''));
  if (goesOn !== undefined && began === undefined) events.record(pod, eventTexts.resizeStarted(pod));
  if (goesOn?.reason === 'Error' && isNews(began, goesOn))
    events.record(pod, eventTexts.resizeFailed(pod, goesOn.message ?? ''));
  if (began !== undefined && goesOn === undefined && waits === undefined)
    events.record(pod, eventTexts.resizeCompleted(pod));
}

function isNews(before: PodCondition | undefined, after: PodCondition): boolean {
  return before?.reason !== after.reason || before?.message !== after.message;
}
