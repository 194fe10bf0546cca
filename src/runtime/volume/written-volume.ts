import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mount, MountFlag } from '../linux/mount.ts';
import { writeAtomically } from './atomic-writer.ts';
import { isMountPoint } from './mount-points.ts';
import { readPayload } from './payload.ts';
import type { MadeVolume, VolumeContext } from './volume-context.ts';
import { checkedName } from './volume-paths.ts';

/** A volume whose files we write: configMap on disk, secret, downwardAPI and projected in memory, so that no secret reaches a disk. */
export async function makeWrittenVolume(context: VolumeContext, now: number): Promise<MadeVolume> {
  const { volume, podPaths, pod, sources } = context;
  const payload = await readPayload(volume, sources);
  const onDisk = volume.configMap !== undefined;
  const path = join(onDisk ? podPaths.persistent : podPaths.volatile, 'written', checkedName(volume.name));
  await mkdir(path, { recursive: true, mode: 0o755 });
  if (!onDisk && !(await isMountPoint(path))) {
    mount({
      source: 'tmpfs',
      target: path,
      type: 'tmpfs',
      flags: MountFlag.NOSUID | MountFlag.NODEV,
      data: 'mode=0755',
    });
  }
  await chmod(path, 0o755);
  await writeAtomically(path, payload, { fsGroup: pod.spec?.securityContext?.fsGroup, now });
  return { hostPath: path, readonly: true, ownedByGroup: false };
}
