import { mount, MountFlag } from '../linux/mount.ts';
import { writeAtomically } from './atomic-writer.ts';
import { isMountPoint } from './mount-points.ts';
import { readPayload } from './payload/read-payload.ts';
import type { MadeVolume, VolumeContext } from './volume-context.ts';
import { writtenPath } from './volume-paths.ts';
import { chmod, mkdir } from '../linux/files.ts';

/** A volume whose files we write: configMap on disk, secret, downwardAPI and projected in memory, so that no secret reaches a disk. */
export async function makeWrittenVolume(context: VolumeContext): Promise<MadeVolume> {
  const { volume, podPaths, pod, sources, now, signal } = context;
  const payload = await readPayload(pod, volume, sources);
  signal?.throwIfAborted();
  const mounted = volume.configMap === undefined;
  const path = writtenPath(podPaths, volume);
  await mkdir(path, { recursive: true, mode: 0o755 });
  if (mounted && !(await isMountPoint(path))) mountTmpfs(path);
  await chmod(path, 0o755);
  writeAtomically(path, payload, { fsGroup: pod.spec?.securityContext?.fsGroup, now });
  return { hostPath: path, readonly: true, mounted };
}

/** Kept out of the swap space where the kernel can do that (6.4 and later). */
function mountTmpfs(target: string): void {
  const options = { source: 'tmpfs', target, type: 'tmpfs', flags: MountFlag.NOSUID | MountFlag.NODEV };
  try {
    mount({ ...options, data: 'mode=0755,noswap' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
    mount({ ...options, data: 'mode=0755' });
  }
}
