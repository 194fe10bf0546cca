import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Mount } from '../../runtime/pod-runtime.ts';
import type { Mount as MountMessage, MountSchema } from '../api/runtime_pb.ts';
import { propagations } from './enums.ts';
import { invalid, required } from './invalid.ts';

/** Paths of the host are as the message has them: whoever mounts them has to resolve them. @throws PeapodError Invalid */
export function mountFrom(message: MountMessage, field: string): Mount {
  const propagation = propagations.word(message.propagation, `${field}.propagation`);
  if (message.recursiveReadOnly && (!message.readonly || propagation !== 'PRIVATE'))
    invalid(`${field}.recursive_read_only`, true, 'needs readonly, and propagation PROPAGATION_PRIVATE');
  return {
    containerPath: required(message.containerPath, `${field}.container_path`),
    source: sourceFrom(message, field),
    readonly: message.readonly,
    recursiveReadOnly: message.recursiveReadOnly,
    propagation,
    ...(message.uidMappings.length > 0 || message.gidMappings.length > 0 ? { idmap: true } : {}),
  };
}

function sourceFrom({ image, imageSubPath, hostPath }: MountMessage, field: string): Mount['source'] {
  if (image !== undefined && image.image !== '') {
    if (hostPath !== '') invalid(`${field}.host_path`, hostPath, 'must be empty when image is set');
    return { image: image.image, ...(imageSubPath === '' ? {} : { subPath: imageSubPath }) };
  }
  if (imageSubPath !== '')
    invalid(`${field}.image_sub_path`, imageSubPath, 'may be set only together with image');
  return { hostPath: required(hostPath, `${field}.host_path`) };
}

export function mountMessage(mount: Mount): MessageInitShape<typeof MountSchema> {
  const { source, containerPath, readonly, recursiveReadOnly } = mount;
  return {
    containerPath,
    readonly,
    recursiveReadOnly,
    propagation: propagations.value(mount.propagation),
    ...('hostPath' in source
      ? { hostPath: source.hostPath }
      : { image: { image: source.image, imageRef: source.image }, imageSubPath: source.subPath ?? '' }),
  };
}
