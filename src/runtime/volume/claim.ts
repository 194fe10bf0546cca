import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MadeVolume, VolumeContext } from './volume-context.ts';
import { badVolume } from './volume-failure.ts';
import { checkedName } from './volume-paths.ts';
import { chmod, mkdir, mkdtemp, rename, rmdir } from '../linux/files.ts';

/** A claim's data: a directory of the node, named after the claim. It outlives the pod, and the claim. */
export async function makeClaim({ paths, pod, volume, sources }: VolumeContext): Promise<MadeVolume> {
  const { claimName = '', readOnly = false } = volume.persistentVolumeClaim ?? {};
  const namespace = pod.metadata?.namespace ?? 'default';
  const claim = await sources.claim(claimName);
  if (claim === undefined) throw badVolume(`persistentvolumeclaim "${claimName}" not found`);
  const { accessModes = [], volumeMode } = claim.spec ?? {};
  if (volumeMode === 'Block')
    throw badVolume(`claim "${claimName}" has volumeMode Block, and cannot be mounted as a file system`);
  const path = join(paths.claims, checkedName(namespace), checkedName(claimName));
  await makeOpenDirectory(path);
  const onlyRead = accessModes.length > 0 && accessModes.every((mode) => mode === 'ReadOnlyMany');
  return { hostPath: path, readonly: readOnly || onlyRead, mounted: false };
}

/** A claim of the pod's own, made and removed with it. */
export async function makeEphemeralClaim({ podPaths, volume }: VolumeContext): Promise<MadeVolume> {
  const path = join(podPaths.persistent, 'ephemeral', checkedName(volume.name));
  await makeOpenDirectory(path);
  return { hostPath: path, readonly: false, mounted: false };
}

/** Its mode is set before it appears under its name: afterwards it is its user's. */
async function makeOpenDirectory(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined)) !== undefined) return;
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const fresh = await mkdtemp(join(dirname(path), '.new-'));
  await chmod(fresh, 0o777);
  try {
    await rename(fresh, path);
  } catch (error) {
    await rmdir(fresh);
    // Another pod has made it, and has written to it already.
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
  }
}
