import { stat } from 'node:fs/promises';
import type { PersistentVolume, PersistentVolumeClaim } from '../../model/api/types.ts';
import { makeHostPath } from './host-path.ts';
import { makeOpenDirectory } from './open-directory.ts';
import type { MadeVolume } from './volume-context.ts';
import { badVolume } from './volume-failure.ts';

const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const OURS = 'peapod.dev/host-directory';

/**
 * The volume that a claim is bound to.
 * @see kubernetes/pkg/kubelet/volumemanager/populator/desired_state_of_world_populator.go getPVCExtractPV
 */
export async function makeBoundVolume(
  { metadata, spec = {} }: PersistentVolumeClaim,
  readOnly: boolean,
  find: (name: string) => Promise<PersistentVolume | undefined>,
): Promise<MadeVolume> {
  const name = `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
  if (metadata?.deletionTimestamp !== undefined)
    throw badVolume(`error processing PVC ${name}: PVC is being deleted`);
  if (!spec.volumeName) throw badVolume(`error processing PVC ${name}: PVC is not bound`);
  const volume = await find(spec.volumeName);
  if (volume === undefined)
    throw badVolume(`error processing PVC ${name}: persistentvolumes "${spec.volumeName}" not found`);
  if (volume.spec?.claimRef?.uid !== metadata?.uid)
    throw badVolume(
      `error processing PVC ${name}: PersistentVolume ${spec.volumeName} is bound to another claim`,
    );
  const hostPath = await pathOf(volume);
  return { hostPath, readonly: readOnly || isReadOnly(spec.accessModes ?? []), mounted: false };
}

export function isReadOnly(accessModes: readonly string[]): boolean {
  return accessModes.length > 0 && accessModes.every((mode) => mode === 'ReadOnlyMany');
}

async function pathOf({ metadata, spec = {} }: PersistentVolume): Promise<string> {
  if (spec.local !== undefined) {
    const { path } = spec.local;
    const isDirectory = await stat(path).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (!isDirectory) throw badVolume(`path ${JSON.stringify(path)} does not exist, or is no directory`);
    return path;
  }
  if (spec.hostPath === undefined) {
    const known = new Set([
      'accessModes',
      'capacity',
      'claimRef',
      'nodeAffinity',
      'persistentVolumeReclaimPolicy',
      'storageClassName',
      'volumeMode',
    ]);
    const type = Object.keys(spec).find((key) => !known.has(key)) ?? '';
    throw badVolume(`persistent volumes of type ${type} are not supported`);
  }
  if (metadata?.annotations?.[PROVISIONED_BY] === OURS) await makeOpenDirectory(spec.hostPath.path);
  const { hostPath } = await makeHostPath({
    volume: { name: metadata?.name ?? '', hostPath: spec.hostPath },
  });
  return hostPath;
}
