import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { MadeVolume, VolumeContext } from './volume-context.ts';
import { badVolume } from './volume-failure.ts';
import { checkedName } from './volume-paths.ts';

/** A claim's data: a directory of the node, named after the claim. It outlives the pod, and the claim. */
export async function makeClaim({ paths, pod, volume, sources }: VolumeContext): Promise<MadeVolume> {
  const { claimName = '', readOnly = false } = volume.persistentVolumeClaim ?? {};
  const namespace = pod.metadata?.namespace ?? 'default';
  if ((await sources.claim(claimName)) === undefined)
    throw badVolume(`persistentvolumeclaim "${claimName}" not found`);
  const path = join(paths.claims, checkedName(namespace), checkedName(claimName));
  await makeOpenDirectory(path);
  return { hostPath: path, readonly: readOnly, ownedByGroup: true };
}

/** A claim of the pod's own, made and removed with it. */
export async function makeEphemeralClaim({ podPaths, volume }: VolumeContext): Promise<MadeVolume> {
  const path = join(podPaths.persistent, 'ephemeral', checkedName(volume.name));
  await makeOpenDirectory(path);
  return { hostPath: path, readonly: false, ownedByGroup: true };
}

/** Its mode is set only when it is made: afterwards it is its user's. */
async function makeOpenDirectory(path: string): Promise<void> {
  const made = await mkdir(path, { recursive: true, mode: 0o755 });
  if (made !== undefined) await chmod(path, 0o777);
}
