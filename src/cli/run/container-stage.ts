import type { ContainerStatus, Event, Pod } from '../../model/api/types.ts';

export type Stage = 'waiting' | 'running' | 'done' | 'failed';

/** What happens to one container, in a few words. */
export interface ContainerView {
  name: string;
  stage: Stage;
  text: string;
}

/** Every container of the pod with what happens to it: init containers first, in the order of the spec. */
export function containerViews(pod: Pod, events: readonly Event[] = []): ContainerView[] {
  const statuses = new Map<string, ContainerStatus>();
  const {
    initContainerStatuses = [],
    containerStatuses = [],
    ephemeralContainerStatuses = [],
  } = pod.status ?? {};
  for (const status of [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses]) {
    statuses.set(status.name, status);
  }
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [...initContainers, ...containers, ...ephemeralContainers].map(({ name }) => ({
    name,
    ...stageOf(statuses.get(name), pullOf(name, events)),
  }));
}

/** What is told of the pull of a container's image, while it goes on. */
function pullOf(name: string, events: readonly Event[]): string | undefined {
  const last = events.findLast(({ involvedObject }) => involvedObject.fieldPath?.endsWith(`{${name}}`));
  return last?.reason === 'Pulling' ? last.message : undefined;
}

function stageOf(
  status: ContainerStatus | undefined,
  pull: string | undefined,
): { stage: Stage; text: string } {
  const { waiting, running, terminated } = status?.state ?? {};
  if (running !== undefined) {
    const restarts = status?.restartCount ?? 0;
    const again = restarts > 0 ? `, restarted ${restarts === 1 ? 'once' : `${restarts} times`}` : '';
    return { stage: 'running', text: `${status?.ready === true ? 'Running' : 'Running, not ready'}${again}` };
  }
  if (terminated !== undefined) {
    const { exitCode, reason = 'Error', message } = terminated;
    if (exitCode === 0) return { stage: 'done', text: 'Completed' };
    return {
      stage: 'failed',
      text: `${reason}, exit code ${exitCode}${message === undefined ? '' : `: ${message.trim()}`}`,
    };
  }
  const reason = waiting?.reason ?? 'Pending';
  if (pull !== undefined && (reason === 'ContainerCreating' || reason === 'PodInitializing'))
    return { stage: 'waiting', text: pull };
  const detail = waiting?.message === undefined ? '' : `: ${waiting.message}`;
  return { stage: /Err|BackOff|Invalid/.test(reason) ? 'failed' : 'waiting', text: reason + detail };
}
