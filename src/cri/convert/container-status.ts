import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ContainerStatus } from '../../runtime/pod-runtime.ts';
import type { ContainerSchema, ContainerStatusSchema } from '../api/runtime_pb.ts';
import { containerStates, signalValue } from './enums.ts';
import { mountMessage } from './mounts.ts';
import { nanoseconds } from './numbers.ts';
import { resourcesMessage } from './resources.ts';

export function containerMessage(status: ContainerStatus): MessageInitShape<typeof ContainerSchema> {
  const { id, metadata, labels, annotations, imageRef } = status;
  return {
    id,
    podSandboxId: status.sandboxId,
    metadata,
    image: imageSpec(status),
    imageRef,
    imageId: status.image,
    state: containerStates.value(status.state),
    createdAt: nanoseconds(status.createdAt),
    labels,
    annotations,
  };
}

export function containerStatusMessage(
  status: ContainerStatus,
): MessageInitShape<typeof ContainerStatusSchema> {
  const { id, metadata, labels, annotations, imageRef, exitCode, reason, message, logPath, user } = status;
  return {
    id,
    metadata,
    state: containerStates.value(status.state),
    createdAt: nanoseconds(status.createdAt),
    startedAt: nanoseconds(status.startedAt),
    finishedAt: nanoseconds(status.finishedAt),
    exitCode,
    image: imageSpec(status),
    imageRef,
    imageId: status.image,
    reason,
    message,
    labels,
    annotations,
    mounts: status.mounts.map(mountMessage),
    logPath,
    resources: { linux: resourcesMessage(status.resources) },
    ...(user === undefined
      ? {}
      : {
          user: {
            linux: {
              uid: BigInt(user.uid),
              gid: BigInt(user.gid),
              supplementalGroups: user.supplementalGroups.map(BigInt),
            },
          },
        }),
    stopSignal: signalValue(status.stopSignal),
  };
}

/** As the client gave it. */
function imageSpec({ userImage, image }: ContainerStatus) {
  return { image: userImage || image, userSpecifiedImage: userImage };
}
