import type { Volume, VolumeMount } from '../../model/api/types.ts';
import { expandVariablesStrictly } from '../../model/env/expand-variables.ts';
import type { Mount } from '../pod-runtime.ts';
import { bindSubPath } from './sub-path.ts';
import type { MadeVolume } from './volume-context.ts';
import { badVolume } from './volume-failure.ts';

export interface ContainerMountContext {
  volume: Volume;
  /** Absent for an image volume. */
  made: MadeVolume | undefined;
  env: ReadonlyMap<string, string>;
  /** Where what a subPath leads to is to be bound. */
  place: string;
}

const PROPAGATION = {
  None: 'PRIVATE',
  HostToContainer: 'HOST_TO_CONTAINER',
  Bidirectional: 'BIDIRECTIONAL',
} as const;

/** What a container mounts for one of its volumeMounts. */
export function containerMount(mount: VolumeMount, context: ContainerMountContext): Mount {
  const { volume, made, env } = context;
  const subPath =
    mount.subPathExpr === undefined
      ? (mount.subPath ?? '')
      : expandVariablesStrictly(mount.subPathExpr, (name) => env.get(name));
  const readonly = mount.readOnly === true || made?.readonly === true || volume.image !== undefined;
  const common = {
    containerPath: mount.mountPath,
    readonly,
    recursiveReadOnly:
      readonly && (mount.recursiveReadOnly === 'Enabled' || mount.recursiveReadOnly === 'IfPossible'),
    propagation: PROPAGATION[(mount.mountPropagation ?? 'None') as keyof typeof PROPAGATION],
    idmap: volume.hostPath === undefined,
  };
  if (volume.image !== undefined) {
    return {
      ...common,
      source: { image: volume.image.reference ?? '', ...(subPath === '' ? {} : { subPath }) },
    };
  }
  if (made === undefined) throw badVolume(`volume "${volume.name}" has not been made`);
  const hostPath = subPath === '' ? made.hostPath : bindSubPath(made.hostPath, subPath, context.place);
  return { ...common, source: { hostPath } };
}
