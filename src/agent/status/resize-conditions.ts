import type { PodCondition } from '../../model/api/types.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { newestContainer } from '../planner/observed.ts';
import { resizeNeeded } from '../planner/resize-needed.ts';
import { specContainers } from '../spec-containers.ts';
import type { StatusInput } from './status-input.ts';

/** `PodResizeInProgress` as long as a running container has other resources than its spec says, with the error that stops it. */
export function resizeConditions(input: StatusInput): PodCondition[] {
  const { pod, observed, facts, now, ending } = input;
  if (ending !== undefined) return [];
  const pending = specContainers(pod).filter((container) => {
    const newest = newestContainer(observed, container.name);
    return newest?.state === 'CONTAINER_RUNNING' && resizeNeeded(pod, container, newest) !== 'no';
  });
  if (pending.length === 0) return [];
  const failure = pending
    .map(({ name }) => facts.failures.get(`resize/${name}`))
    .find((one) => one !== undefined);
  const before = pod.status?.conditions?.find(({ type }) => type === 'PodResizeInProgress');
  return [
    {
      type: 'PodResizeInProgress',
      status: 'True',
      lastTransitionTime: before?.lastTransitionTime ?? apiTime(now),
      ...(failure === undefined ? {} : { reason: 'Error', message: failure.message }),
    },
  ];
}
