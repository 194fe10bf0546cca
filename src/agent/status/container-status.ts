/** @see kubernetes/pkg/kubelet/kubelet_pods.go convertToAPIContainerStatuses */
import type {
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
  ResourceRequirements,
  VolumeMountStatus,
} from '../../model/api/types.ts';
import { backoffRemainingMs, crashLoopMessage } from '../../model/status/backoff.ts';
import { parseResources, wholeAmountOf } from '../../model/resource-list.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { shouldRestart } from '../../model/status/restart-decision.ts';
import type { ContainerStatus as RuntimeContainer } from '../../runtime/pod-runtime.ts';
import { backoffOf } from '../container-labels.ts';
import { containerKey } from '../planner/action.ts';
import { containersNamed } from '../planner/observed.ts';
import { podIdentity } from '../pod-identity.ts';
import type { SpecContainer } from '../spec-containers.ts';
import type { StatusInput } from './status-input.ts';

const LOST = 'ContainerStatusUnknown';
const LOST_EXIT_CODE = 137;
const LOST_MESSAGE =
  'The container could not be located when the pod was deleted.  The container used to be Running';

export function containerStatus(input: StatusInput, container: SpecContainer): ContainerStatus {
  const [newest, previous] = toldInstances(input, container);
  const status =
    newest === undefined ? unseenStatus(input, container) : seenStatus(input, container, newest, previous);
  return { ...status, ...readiness(input, container, status, newest) };
}

/**
 * The newest comes first. One that is on its way to its start is not told yet: it will run in a moment, and a status of its own for that moment would
 * be a write and a message to every watcher.
 */
function toldInstances(
  { observed, busy }: StatusInput,
  { name }: SpecContainer,
): readonly RuntimeContainer[] {
  const all = containersNamed(observed, name);
  const onItsWay = busy.get(containerKey(name))?.type === 'start-container';
  return onItsWay && all[0]?.state === 'CONTAINER_CREATED' ? all.slice(1) : all;
}

/** Of a container that the runtime does not have. */
function unseenStatus(input: StatusInput, container: SpecContainer): ContainerStatus {
  const old = oldStatus(input.pod, container);
  const status: ContainerStatus = {
    name: container.name,
    image: container.spec.image ?? '',
    imageID: '',
    ready: false,
    restartCount: old?.restartCount ?? 0,
    state: { waiting: waitingOf(input, container) ?? defaultWaiting(input.pod) },
    lastState: old?.lastState ?? {},
  };
  if (old?.state?.terminated !== undefined) return { ...old };
  if (old?.state?.running !== undefined) {
    const lost: ContainerStateTerminated = {
      exitCode: LOST_EXIT_CODE,
      reason: LOST,
      message: LOST_MESSAGE,
      ...(old.containerID === undefined ? {} : { containerID: old.containerID }),
    };
    return input.ending === undefined
      ? { ...status, lastState: { terminated: lost } }
      : { ...status, state: { terminated: lost } };
  }
  return status;
}

function seenStatus(
  input: StatusInput,
  container: SpecContainer,
  newest: RuntimeContainer,
  previous: RuntimeContainer | undefined,
): ContainerStatus {
  const { kind, spec, name } = container;
  const status: ContainerStatus = {
    name,
    image: newest.userImage || (spec.image ?? ''),
    imageID: newest.imageRef || newest.image,
    containerID: apiContainerId(newest.id),
    ready: false,
    restartCount: newest.metadata.attempt,
    state: ownState(input, container, newest),
    lastState: previous?.state === 'CONTAINER_EXITED' ? { terminated: terminated(input, previous) } : {},
    ...(newest.user === undefined ? {} : { user: { linux: linuxUser(newest.user) } }),
    volumeMounts: volumeMounts(spec),
  };
  if (newest.stopSignal !== '' && spec.lifecycle?.stopSignal !== undefined)
    status.stopSignal = newest.stopSignal;
  if (kind !== 'ephemeral') Object.assign(status, resourcesOf(input, container, newest));
  const waiting =
    newest.state === 'CONTAINER_EXITED' ? waitingForRestart(input, container, newest) : undefined;
  if (waiting !== undefined) {
    status.lastState = { terminated: terminated(input, newest) };
    status.state = { waiting };
  }
  return status;
}

function ownState(input: StatusInput, container: SpecContainer, instance: RuntimeContainer): ContainerState {
  switch (instance.state) {
    case 'CONTAINER_RUNNING': {
      // Until its postStart hook is through it counts as being created.
      const starting = input.busy.get(containerKey(container.name))?.type === 'start-container';
      if (starting && container.spec.lifecycle?.postStart !== undefined) {
        return { waiting: defaultWaiting(input.pod) };
      }
      return { running: { startedAt: apiTime(instance.startedAt) } };
    }
    case 'CONTAINER_EXITED':
      return { terminated: terminated(input, instance) };
    default:
      return { waiting: waitingOf(input, container) ?? defaultWaiting(input.pod) };
  }
}

function terminated(input: StatusInput, instance: RuntimeContainer): ContainerStateTerminated {
  const { exitCode, reason, message, startedAt, finishedAt, id } = instance;
  const said = input.facts.terminationMessages.get(id) || message;
  return {
    exitCode,
    reason: reason || (exitCode === 0 ? 'Completed' : 'Error'),
    ...(said === '' ? {} : { message: said }),
    ...(startedAt === 0 ? {} : { startedAt: apiTime(startedAt) }),
    ...(finishedAt === 0 ? {} : { finishedAt: apiTime(finishedAt) }),
    containerID: apiContainerId(id),
  };
}

/** Why an ended container that shall be restarted does not run yet; nothing when that is only a matter of the next moment. */
function waitingForRestart(
  input: StatusInput,
  container: SpecContainer,
  ended: RuntimeContainer,
): { reason: string; message: string } | undefined {
  const { pod, now } = input;
  if (input.ending !== undefined || container.kind === 'ephemeral') return undefined;
  if (!shouldRestart(pod, container.spec, ended.exitCode)) return undefined;
  const backoff = backoffOf(ended);
  if (backoff !== undefined && backoffRemainingMs(backoff, ended.finishedAt, now) > 0) {
    return {
      reason: 'CrashLoopBackOff',
      message: crashLoopMessage(backoff, container.name, podIdentity(pod)),
    };
  }
  return waitingOf(input, container);
}

function waitingOf(
  { facts }: StatusInput,
  { name }: SpecContainer,
): { reason: string; message: string } | undefined {
  const image = facts.images.get(name);
  const failure = image?.state === 'failed' ? image : facts.failures.get(name);
  return failure === undefined ? undefined : { reason: failure.reason, message: failure.message };
}

function defaultWaiting(pod: Pod): { reason: string } {
  const hasInit = (pod.spec?.initContainers ?? []).length > 0;
  return { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' };
}

/** @see kubernetes/pkg/kubelet/prober/prober_manager.go UpdatePodStatus */
function readiness(
  { facts }: StatusInput,
  { kind, spec }: SpecContainer,
  { state }: ContainerStatus,
  newest: RuntimeContainer | undefined,
): Pick<ContainerStatus, 'ready' | 'started'> {
  if (kind === 'ephemeral') return { ready: false };
  if (kind === 'init' && state?.terminated?.exitCode === 0) return { ready: true, started: false };
  if (state?.running === undefined || newest === undefined) return { ready: false, started: false };
  const probes = facts.probes.get(newest.id);
  const started = spec.startupProbe === undefined || probes?.startup === 'success';
  if (kind === 'init') return { ready: false, started };
  const ready = started && (spec.readinessProbe === undefined || probes?.readiness === 'success');
  return { ready, started };
}

/** While the node has no room for what the spec now says, a container keeps what it was given. */
function resourcesOf(
  input: StatusInput,
  container: SpecContainer,
  newest: RuntimeContainer,
): Pick<ContainerStatus, 'resources' | 'allocatedResources'> {
  const old = oldStatus(input.pod, container);
  if (input.facts.resizeRefusal === undefined || old?.resources === undefined)
    return resourceStatus(container.spec, newest);
  const { resources, allocatedResources } = old;
  return { resources, ...(allocatedResources === undefined ? {} : { allocatedResources }) };
}

function resourceStatus(
  spec: SpecContainer['spec'],
  { resources }: RuntimeContainer,
): Pick<ContainerStatus, 'resources' | 'allocatedResources'> {
  const wanted = spec.resources ?? {};
  if (wanted.requests === undefined && wanted.limits === undefined) return { resources: {} };
  const actual: ResourceRequirements = {
    ...(wanted.limits === undefined ? {} : { limits: { ...wanted.limits } }),
    ...(wanted.requests === undefined ? {} : { requests: { ...wanted.requests } }),
  };
  if (actual.limits?.['memory'] !== undefined && resources.memoryLimitBytes !== undefined) {
    const same = resources.memoryLimitBytes === memoryOf(wanted.limits?.['memory']);
    if (!same) actual.limits['memory'] = String(resources.memoryLimitBytes);
  }
  return {
    resources: actual,
    ...(wanted.requests === undefined ? {} : { allocatedResources: { ...wanted.requests } }),
  };
}

function memoryOf(text: string | undefined): number {
  return wholeAmountOf(parseResources(text === undefined ? {} : { memory: text }), 'memory');
}

function volumeMounts({ volumeMounts = [] }: SpecContainer['spec']): VolumeMountStatus[] {
  return volumeMounts.map(({ name, mountPath, readOnly, recursiveReadOnly }) => ({
    name,
    mountPath,
    ...(readOnly === true
      ? {
          readOnly,
          recursiveReadOnly:
            recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled' ? 'Disabled' : 'Enabled',
        }
      : {}),
  }));
}

function linuxUser({ uid, gid, supplementalGroups }: NonNullable<RuntimeContainer['user']>): {
  uid: number;
  gid: number;
  supplementalGroups?: number[];
} {
  return {
    uid,
    gid,
    ...(supplementalGroups.length === 0 ? {} : { supplementalGroups: [...supplementalGroups] }),
  };
}

function oldStatus(pod: Pod, { name }: SpecContainer): ContainerStatus | undefined {
  const {
    initContainerStatuses = [],
    containerStatuses = [],
    ephemeralContainerStatuses = [],
  } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
    (status) => status.name === name,
  );
}

export function apiContainerId(id: string): string {
  return `peapod://${id}`;
}
