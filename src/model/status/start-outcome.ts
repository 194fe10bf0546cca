import type { ContainerStatus, Event, Pod } from '../api/types.ts';

/**
 *     starting ──► started
 *      │ ▲
 *      ▼ │
 *     pending: this machine has no room for it; it is placed as soon as there is
 *         └──────► failed: it can't start as it is; the kubelet would try for ever, `run` gives up
 */
export type StartOutcome =
  | { state: 'starting' }
  | { state: 'started' }
  | { state: 'pending'; message: string }
  | { state: 'failed'; message: string };

const HOPELESS = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImagePullBackOff',
  'ImageInspectError',
]);

/** Warnings of things that come before the first container. */
const POD_FAILURES = new Set(['FailedMount', 'FailedCreatePodSandBox', 'FailedAttachVolume']);

/** Whether all containers of the pod have been started, at least once, and if that can't be, why. */
export function startOutcome(pod: Pod, events: readonly Event[]): StartOutcome {
  const unscheduled = pod.status?.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  if (unscheduled !== undefined && pod.status?.phase === 'Pending')
    return { state: 'pending', message: unscheduled.message ?? unscheduled.reason ?? '' };
  const { phase, reason, message, initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  for (const status of [...initContainerStatuses, ...containerStatuses]) {
    const failure = startFailure(status);
    if (failure !== undefined) return { state: 'failed', message: `container "${status.name}": ${failure}` };
  }
  const wanted = pod.spec?.containers.length ?? 0;
  const isSidecar = new Set(
    (pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').map((c) => c.name),
  );
  const sidecars = initContainerStatuses.filter(({ name }) => isSidecar.has(name));
  if (containerStatuses.length === wanted && [...sidecars, ...containerStatuses].every(hasStarted))
    return { state: 'started' };
  if (phase === 'Succeeded' || phase === 'Failed') {
    if (initContainerStatuses.some((status) => (status.state?.terminated?.exitCode ?? 0) !== 0))
      return { state: 'started' };
    if (reason !== undefined) return { state: 'failed', message: message ?? reason };
    return { state: 'started' };
  }
  const warning = events.findLast(
    (event) => event.type === 'Warning' && POD_FAILURES.has(event.reason ?? ''),
  );
  if (warning !== undefined && !containerStatuses.some(hasStarted))
    return { state: 'failed', message: warning.message ?? '' };
  return { state: 'starting' };
}

function startFailure({ state, restartCount }: ContainerStatus): string | undefined {
  if (state?.waiting?.reason !== undefined && HOPELESS.has(state.waiting.reason)) {
    return state.waiting.message ?? state.waiting.reason;
  }
  const terminated = state?.terminated;
  if (terminated?.reason === 'StartError' && restartCount === 0)
    return terminated.message ?? terminated.reason;
  return undefined;
}

function hasStarted({ state, lastState }: ContainerStatus): boolean {
  return (
    state?.running !== undefined || state?.terminated !== undefined || lastState?.terminated !== undefined
  );
}
