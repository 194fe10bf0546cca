import type { Volume } from '../../model/api/types.ts';
import { makeClaim, makeEphemeralClaim } from './claim.ts';
import { makeEmptyDir } from './empty-dir.ts';
import { applyFsGroup } from './fs-group.ts';
import { makeHostPath } from './host-path.ts';
import type { MadeVolume, VolumeContext } from './volume-context.ts';
import { badVolume } from './volume-failure.ts';
import { madeVolume, recordVolume } from './volume-record.ts';
import { makeWrittenVolume } from './written-volume.ts';

/** Makes one volume where it is not there yet, and brings those that we write up to date. An image is the runtime's to mount. */
export async function makeVolume(context: VolumeContext): Promise<void> {
  const { volume, podPaths, signal } = context;
  if (volume.image !== undefined) return;
  const present = await madeVolume(podPaths, volume.name);
  const written = isWritten(volume);
  if (present !== undefined && !written) return;
  if (present === undefined) await recordVolume(podPaths, volume.name, undefined);
  signal?.throwIfAborted();
  const made = written ? await makeWrittenVolume(context) : await makeKeptVolume(context);
  if (present === undefined) await recordVolume(podPaths, volume.name, made);
}

/** The content of these is their users': what they have made of modes and owners is left alone afterwards. */
async function makeKeptVolume(context: VolumeContext): Promise<MadeVolume> {
  const { volume, pod, signal } = context;
  if (volume.hostPath !== undefined) return makeHostPath(context);
  const made = await makeOwned(context, volume);
  const { fsGroup, fsGroupChangePolicy } = pod.spec?.securityContext ?? {};
  if (fsGroup !== undefined && !made.readonly)
    await applyFsGroup(made.hostPath, fsGroup, fsGroupChangePolicy, signal);
  return made;
}

async function makeOwned(context: VolumeContext, volume: Volume): Promise<MadeVolume> {
  if (volume.persistentVolumeClaim !== undefined) return makeClaim(context);
  if (volume.ephemeral !== undefined) return makeEphemeralClaim(context);
  const [type] = Object.keys(volume).filter((key) => key !== 'name');
  if (type !== undefined && type !== 'emptyDir') throw badVolume(`volumes of type ${type} are not supported`);
  return makeEmptyDir(context);
}

function isWritten({ configMap, secret, downwardAPI, projected }: Volume): boolean {
  return [configMap, secret, downwardAPI, projected].some((source) => source !== undefined);
}
