import type { PodCondition } from '../../model/api/types.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { newestContainer } from '../planner/observed.ts';
import { resizeNeeded } from '../planner/resize-needed.ts';
import { specContainers } from '../spec-containers.ts';
import type { StatusInput } from './status-input.ts';

/**
 * `PodResizePending` as long as the node has no room for the resources that the spec says; `PodResizeInProgress` as long as a running container has other resources than its spec says, with the error that stops it.
 */
export function resizeConditions(input: StatusInput): PodCondition[] {
  const { pod, observed, facts, ending } = input;
  if (ending !== undefined) return [];
  const pending = specContainers(pod).filter((container) => {
    const newest = newestContainer(observed, container.name);
    return newest?.state === 'CONTAINER_RUNNING' && resizeNeeded(pod, container, newest) !== 'no';
  });
  if (pending.length === 0) return [];
  if (facts.resizeRefusal !== undefined) return [condition('PodResizePending', facts.resizeRefusal, input)];
  const failure = pending
    .map(({ name }) => facts.failures.get(`resize/${name}`))
    .find((one) => one !== undefined);
  const error = failure === undefined ? {} : { reason: 'Error', message: failure.message };
  return [condition('PodResizeInProgress', error, input)];
}

function condition(
  type: string,
  why: { reason?: string; message?: string },
  { pod, now }: StatusInput,
): PodCondition {
  const before = pod.status?.conditions?.find((one) => one.type === type);
  const { generation } = pod.metadata ?? {};
  return {
    type,
    status: 'True',
    lastTransitionTime: before?.lastTransitionTime ?? apiTime(now),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...why,
  };
}
