import type { PodCondition } from '../../model/api/types.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { shouldRestart } from '../../model/status/restart-decision.ts';
import { newestContainer } from '../planner/observed.ts';
import { resizeNeeded } from '../planner/resize-needed.ts';
import { specContainers } from '../spec-containers.ts';
import type { StatusInput } from './status-input.ts';

const IN_PROGRESS = 'PodResizeInProgress';

/**
 * `PodResizePending` as long as the node has no room for the resources that the spec says; `PodResizeInProgress` as long as a running container has other resources than its spec says, or was ended to be given them,
 * with the error that stops it.
 */
export function resizeConditions(input: StatusInput): PodCondition[] {
  const { pod, observed, facts, ending } = input;
  if (ending !== undefined) return [];
  const isBegun = pod.status?.conditions?.some(({ type }) => type === IN_PROGRESS) === true;
  const pending = specContainers(pod).filter((container) => {
    const newest = newestContainer(observed, container.name);
    if (newest === undefined || resizeNeeded(pod, container, newest) === 'no') return false;
    if (newest.state === 'CONTAINER_RUNNING') return true;
    const comesBack =
      newest.state === 'CONTAINER_EXITED' && shouldRestart(pod, container.spec, newest.exitCode);
    return isBegun && comesBack;
  });
  if (pending.length === 0) return [];
  if (facts.resizeRefusal !== undefined) return [condition('PodResizePending', facts.resizeRefusal, input)];
  const failure = pending
    .map(({ name }) => facts.failures.get(`resize/${name}`))
    .find((one) => one !== undefined);
  const error = failure === undefined ? {} : { reason: 'Error', message: failure.message };
  return [condition(IN_PROGRESS, error, input)];
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
