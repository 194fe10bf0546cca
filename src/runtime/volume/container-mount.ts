import { release } from 'node:os';
import type { Container, EphemeralContainer, Volume, VolumeMount } from '../../model/api/types.ts';
import { expandVariablesStrictly } from '../../model/env/expand-variables.ts';
import { PeapodError } from '../../model/errors.ts';
import type { Mount } from '../pod-runtime.ts';
import { bindSubPath } from './sub-path.ts';
import type { MadeVolume } from './volume-context.ts';

export interface ContainerMountContext {
  container: Container | EphemeralContainer;
  volume: Volume;
  /** Absent for an image volume. */
  made: MadeVolume | undefined;
  env: ReadonlyMap<string, string>;
  /** Where what a subPath leads to is to be bound. */
  place: string;
}

/**
 * What a container mounts for one of its volumeMounts.
 * @throws PeapodError CreateContainerConfigError, VolumeError
 */
export function containerMount(mount: VolumeMount, context: ContainerMountContext): Mount {
  const { volume, made, container } = context;
  const readonly = mount.readOnly === true || made?.readonly === true || volume.image !== undefined;
  const common = {
    containerPath: mount.mountPath,
    readonly,
    recursiveReadOnly: readonly && isRecursive(mount.recursiveReadOnly),
    propagation: propagationOf(mount, container),
    idmap: true,
  };
  const subPath = subPathOf(mount, context.env);
  if (volume.image !== undefined) {
    const image = volume.image.reference ?? '';
    return { ...common, source: subPath === '' ? { image } : { image, subPath } };
  }
  if (made === undefined)
    throw new PeapodError('VolumeError', `volume "${volume.name}" has not been set up`, { retryable: true });
  const hostPath =
    subPath === '' ? made.hostPath : bindSubPath(made.hostPath, subPath, context.place, common.propagation);
  return { ...common, source: { hostPath } };
}

function subPathOf(
  { subPath = '', subPathExpr = '' }: VolumeMount,
  env: ReadonlyMap<string, string>,
): string {
  if (subPathExpr === '') return subPath;
  try {
    return expandVariablesStrictly(subPathExpr, (name) => env.get(name));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PeapodError('CreateContainerConfigError', error.message, { cause: error });
  }
}

/** Validation admits Bidirectional only for privileged containers: they alone may mount on the host. */
function propagationOf(
  { name, mountPropagation = 'None' }: VolumeMount,
  { securityContext }: Container | EphemeralContainer,
): Mount['propagation'] {
  if (mountPropagation === 'None') return 'PRIVATE';
  if (mountPropagation === 'HostToContainer') return 'HOST_TO_CONTAINER';
  if (mountPropagation === 'Bidirectional' && securityContext?.privileged === true) return 'BIDIRECTIONAL';
  throw new PeapodError(
    'CreateContainerConfigError',
    `mount propagation ${mountPropagation} of volume "${name}" is available only to privileged containers`,
  );
}

function isRecursive(mode: string | undefined): boolean {
  return mode === 'Enabled' || (mode === 'IfPossible' && kernelHasMountSetattr());
}

/** mount_setattr(2), Linux 5.12. */
function kernelHasMountSetattr(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 12);
}
