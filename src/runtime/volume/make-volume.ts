import type { Volume } from '../../model/api/types.ts';
import { makeClaim, makeEphemeralClaim } from './claim.ts';
import { makeEmptyDir } from './empty-dir.ts';
import { applyFsGroup } from './fs-group.ts';
import { makeHostPath } from './host-path.ts';
import type { MadeVolume, VolumeContext } from './volume-context.ts';
import { badVolume } from './volume-failure.ts';
import { makeWrittenVolume } from './written-volume.ts';

/** Makes one volume, or brings it up to date. @returns nothing for an image, which the runtime mounts by itself */
export async function makeVolume(context: VolumeContext, now: number): Promise<MadeVolume | undefined> {
  const made = await makeByType(context, context.volume, now);
  const { fsGroup, fsGroupChangePolicy } = context.pod.spec?.securityContext ?? {};
  if (made?.ownedByGroup === true && fsGroup !== undefined)
    applyFsGroup(made.hostPath, fsGroup, fsGroupChangePolicy);
  return made;
}

async function makeByType(
  context: VolumeContext,
  volume: Volume,
  now: number,
): Promise<MadeVolume | undefined> {
  if (volume.hostPath !== undefined) return makeHostPath(context);
  if (volume.persistentVolumeClaim !== undefined) return makeClaim(context);
  if (volume.ephemeral !== undefined) return makeEphemeralClaim(context);
  if (volume.image !== undefined) return undefined;
  const written = [volume.configMap, volume.secret, volume.downwardAPI, volume.projected];
  if (written.some((source) => source !== undefined)) return makeWrittenVolume(context, now);
  const [type] = Object.keys(volume).filter((key) => key !== 'name');
  if (type !== undefined && type !== 'emptyDir') throw badVolume(`volumes of type ${type} are not supported`);
  return makeEmptyDir(context);
}
