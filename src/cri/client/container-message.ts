import type { MessageInitShape } from '@bufbuild/protobuf';
import { PeapodError } from '../../model/errors.ts';
import type { ContainerConfig, Mount, NamespaceOptions } from '../../runtime/pod-runtime.ts';
import { type ContainerConfigSchema, MountPropagation, type MountSchema, Signal } from '../api/runtime_pb.ts';
import type { RuntimeAbilities } from './runtime-abilities.ts';
import { mappingMessage, resourcesMessage, securityMessage } from './sandbox-message.ts';

/** What a container may use, for runtimes that do not tell. */
export const RESOURCES_ANNOTATION = 'peapod.dev/resources';
const PROPAGATION = {
  PRIVATE: MountPropagation.PROPAGATION_PRIVATE,
  HOST_TO_CONTAINER: MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
  BIDIRECTIONAL: MountPropagation.PROPAGATION_BIDIRECTIONAL,
} as const;

/** @throws PeapodError Unsupported for what the runtime cannot do, and would leave out without a word */
export function containerMessage(
  config: ContainerConfig,
  userns: NamespaceOptions['userns'],
  abilities: RuntimeAbilities,
): MessageInitShape<typeof ContainerConfigSchema> {
  const { resources, securityContext } = config.linux;
  return {
    metadata: config.metadata,
    image: { image: config.image, userSpecifiedImage: config.userImage },
    command: config.command,
    args: config.args,
    workingDir: config.workingDir,
    envs: config.env.map(({ name, value }) => ({ key: name, value })),
    mounts: config.mounts.map((mount) => mountMessage(mount, userns, abilities)),
    devices: config.devices,
    CDIDevices: (config.cdiDevices ?? []).map((name) => ({ name })),
    labels: config.labels,
    annotations: { ...config.annotations, [RESOURCES_ANNOTATION]: JSON.stringify(resources) },
    logPath: config.logPath,
    stdin: config.stdin,
    stdinOnce: config.stdinOnce,
    tty: config.tty,
    linux: {
      resources: resourcesMessage(resources),
      securityContext: securityMessage(securityContext, abilities),
    },
    stopSignal: signalMessage(config.stopSignal),
  };
}

function mountMessage(
  mount: Mount,
  userns: NamespaceOptions['userns'],
  abilities: RuntimeAbilities,
): MessageInitShape<typeof MountSchema> {
  const { source, containerPath, readonly, recursiveReadOnly } = mount;
  if (recursiveReadOnly) abilities.demand('recursiveReadOnlyMounts', 'volumeMounts.recursiveReadOnly');
  const isImage = 'image' in source;
  if (isImage) abilities.demand('imageVolumes', 'volumes.image');
  const idMapped = mount.idmap === true && userns !== undefined;
  return {
    containerPath,
    readonly,
    recursiveReadOnly,
    propagation: PROPAGATION[mount.propagation],
    ...(isImage
      ? { image: { image: source.image }, imageSubPath: source.subPath ?? '' }
      : { hostPath: source.hostPath }),
    ...(idMapped
      ? { uidMappings: userns.uids.map(mappingMessage), gidMappings: userns.gids.map(mappingMessage) }
      : {}),
  };
}

/** `SIGRTMIN+1` is `SIGRTMINPLUS1` there. */
function signalMessage(name: string | undefined): Signal {
  if (name === undefined || name === '') return Signal.RUNTIME_DEFAULT;
  const key = name.replace('RTMIN+', 'RTMINPLUS').replace('RTMAX-', 'RTMAXMINUS');
  if (Object.hasOwn(Signal, key)) return Signal[key as keyof typeof Signal];
  throw new PeapodError('Invalid', `lifecycle.stopSignal: Unsupported value: "${name}"`);
}

export function signalName(signal: Signal): string {
  if (signal === Signal.RUNTIME_DEFAULT) return '';
  const [name = ''] = Object.entries(Signal).find(([, value]) => value === signal) ?? [];
  return name.replace('RTMINPLUS', 'RTMIN+').replace('RTMAXMINUS', 'RTMAX-');
}
