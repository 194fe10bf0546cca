import { join } from 'node:path';
import type { MadeVolume, VolumeContext } from './volume-context.ts';
import { isReadOnly, makeBoundVolume } from './bound-volume.ts';
import { makeOpenDirectory } from './open-directory.ts';
import { badVolume } from './volume-failure.ts';
import { checkedName } from './volume-paths.ts';

/**
 * A claim's data: the volume that it is bound to, or where nobody binds claims a directory of the node, named after the claim. It
 * outlives the pod, and the claim.
 */
export async function makeClaim({ paths, pod, volume, sources }: VolumeContext): Promise<MadeVolume> {
  const { claimName = '', readOnly = false } = volume.persistentVolumeClaim ?? {};
  const namespace = pod.metadata?.namespace ?? 'default';
  const claim = await sources.claim(claimName);
  if (claim === undefined) throw badVolume(`persistentvolumeclaim "${claimName}" not found`);
  const { accessModes = [], volumeMode } = claim.spec ?? {};
  if (volumeMode === 'Block')
    throw badVolume(`claim "${claimName}" has volumeMode Block, and cannot be mounted as a file system`);
  if (sources.persistentVolume !== undefined)
    return makeBoundVolume(claim, readOnly, sources.persistentVolume);
  const path = join(paths.claims, checkedName(namespace), checkedName(claimName));
  await makeOpenDirectory(path);
  return { hostPath: path, readonly: readOnly || isReadOnly(accessModes), mounted: false };
}

/** A claim of the pod's own, made and removed with it. */
export async function makeEphemeralClaim({ podPaths, volume }: VolumeContext): Promise<MadeVolume> {
  const path = join(podPaths.persistent, 'ephemeral', checkedName(volume.name));
  await makeOpenDirectory(path);
  return { hostPath: path, readonly: false, mounted: false };
}
