import type {
  ContainerState,
  ContainerStatus,
  LinuxContainerResources,
  Mount,
} from '../../runtime/pod-runtime.ts';
import {
  ContainerState as State,
  type ContainerStatus as Message,
  type LinuxContainerResources as ResourcesMessage,
  MountPropagation,
  type Mount as MountMessage,
} from '../api/runtime_pb.ts';
import { RESOURCES_ANNOTATION, signalName } from './container-message.ts';
import { milliseconds } from './read-sandbox.ts';

const STATES = new Map<State, ContainerState>([
  [State.CONTAINER_CREATED, 'CONTAINER_CREATED'],
  [State.CONTAINER_RUNNING, 'CONTAINER_RUNNING'],
  [State.CONTAINER_EXITED, 'CONTAINER_EXITED'],
]);

function containerState(state: State): ContainerState {
  return STATES.get(state) ?? 'CONTAINER_UNKNOWN';
}

/** @param known what the caller has last asked for, for a runtime that does not tell the resources */
export function readContainer(
  status: Message,
  sandboxId: string,
  known: LinuxContainerResources | undefined,
): ContainerStatus {
  const { [RESOURCES_ANNOTATION]: asked, ...annotations } = status.annotations;
  const told = status.resources?.linux;
  const user = status.user?.linux;
  return {
    id: status.id,
    sandboxId,
    metadata: { name: status.metadata?.name ?? '', attempt: status.metadata?.attempt ?? 0 },
    state: containerState(status.state),
    createdAt: milliseconds(status.createdAt),
    startedAt: milliseconds(status.startedAt),
    finishedAt: milliseconds(status.finishedAt),
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    image: status.imageId || status.imageRef,
    userImage: status.image?.userSpecifiedImage || status.image?.image || '',
    imageRef: status.imageRef,
    labels: status.labels,
    annotations,
    mounts: status.mounts.map(readMount),
    logPath: status.logPath,
    pid: 0,
    resources: told === undefined ? (known ?? readAsked(asked)) : readResources(told),
    ...(user === undefined
      ? {}
      : {
          user: {
            uid: Number(user.uid),
            gid: Number(user.gid),
            supplementalGroups: user.supplementalGroups.map(Number),
          },
        }),
    stopSignal: signalName(status.stopSignal),
  };
}

function readAsked(text: string | undefined): LinuxContainerResources {
  return text === undefined ? {} : (JSON.parse(text) as LinuxContainerResources);
}

/** Zero is what nobody limited. */
export function readResources(message: ResourcesMessage): LinuxContainerResources {
  const numbers = {
    cpuPeriodUs: message.cpuPeriod,
    cpuQuotaUs: message.cpuQuota,
    cpuShares: message.cpuShares,
    memoryLimitBytes: message.memoryLimitInBytes,
    memorySwapLimitBytes: message.memorySwapLimitInBytes,
    oomScoreAdj: message.oomScoreAdj,
  };
  const resources: LinuxContainerResources = {};
  for (const [name, value] of Object.entries(numbers))
    if (value !== 0n) Object.assign(resources, { [name]: Number(value) });
  if (message.cpusetCpus !== '') resources.cpusetCpus = message.cpusetCpus;
  if (message.cpusetMems !== '') resources.cpusetMems = message.cpusetMems;
  if (message.hugepageLimits.length > 0)
    resources.hugepageLimits = message.hugepageLimits.map(({ pageSize, limit }) => ({
      pageSize,
      limitBytes: Number(limit),
    }));
  if (Object.keys(message.unified).length > 0) resources.unified = message.unified;
  return resources;
}

function readMount(mount: MountMessage): Mount {
  const propagation =
    mount.propagation === MountPropagation.PROPAGATION_BIDIRECTIONAL
      ? 'BIDIRECTIONAL'
      : mount.propagation === MountPropagation.PROPAGATION_HOST_TO_CONTAINER
        ? 'HOST_TO_CONTAINER'
        : 'PRIVATE';
  return {
    containerPath: mount.containerPath,
    source:
      mount.image === undefined
        ? { hostPath: mount.hostPath }
        : { image: mount.image.image, ...(mount.imageSubPath === '' ? {} : { subPath: mount.imageSubPath }) },
    readonly: mount.readonly,
    recursiveReadOnly: mount.recursiveReadOnly,
    propagation,
  };
}
