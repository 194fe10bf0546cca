import type { ApiClient } from '../../client/api-client.ts';
import { CLAIMS, VOLUMES } from '../../client/resource-types.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../model/api/types.ts';
import { isWritten } from '../controller.ts';
import { BIND_COMPLETED, BOUND_BY_CONTROLLER } from './annotations.ts';

/**
 * Ties a claim and a volume together, in an order that can be taken up where it ended: the volume says whose it is, then the
 * claim which is its own, then both that they are bound.
 * @throws PeapodError Conflict when one of them has changed meanwhile
 * @see kubernetes/pkg/controller/volume/persistentvolume/pv_controller.go bind
 */
export async function bindClaim(
  client: ApiClient,
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
): Promise<void> {
  const reserved = await reserve(client, claim, volume);
  await setPhase(client, reserved, 'Bound');
  const bound = await nameVolume(client, claim, volume.metadata?.name ?? '');
  const { accessModes = [], capacity = {} } = volume.spec ?? {};
  const status = { phase: 'Bound', accessModes, capacity };
  if (isWritten(status, bound.status)) return;
  const { namespace = '', name = '', uid } = bound.metadata ?? {};
  const patch = { metadata: { uid }, status };
  await client.patch(CLAIMS, namespace, name, 'merge', patch, { subresource: 'status' });
}

async function reserve(
  client: ApiClient,
  { metadata }: PersistentVolumeClaim,
  volume: PersistentVolume,
): Promise<PersistentVolume> {
  const { claimRef } = volume.spec ?? {};
  const { namespace = '', name = '', uid = '', resourceVersion: claimVersion = '' } = metadata ?? {};
  if (claimRef?.uid === uid) return volume;
  const { name: volumeName = '', uid: volumeUid, resourceVersion } = volume.metadata ?? {};
  const annotations = claimRef === undefined ? { [BOUND_BY_CONTROLLER]: 'yes' } : {};
  return client.patch(VOLUMES, '', volumeName, 'merge', {
    metadata: { uid: volumeUid, resourceVersion, annotations },
    spec: {
      claimRef: {
        kind: 'PersistentVolumeClaim',
        apiVersion: 'v1',
        namespace,
        name,
        uid,
        resourceVersion: claimVersion,
      },
    },
  });
}

async function nameVolume(
  client: ApiClient,
  claim: PersistentVolumeClaim,
  volumeName: string,
): Promise<PersistentVolumeClaim> {
  const { namespace = '', name = '', uid, resourceVersion, annotations = {} } = claim.metadata ?? {};
  if (claim.spec?.volumeName === volumeName && annotations[BIND_COMPLETED] !== undefined) return claim;
  const added = {
    [BIND_COMPLETED]: 'yes',
    ...(claim.spec?.volumeName ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }),
  };
  const patch = { metadata: { uid, resourceVersion, annotations: added }, spec: { volumeName } };
  return client.patch(CLAIMS, namespace, name, 'merge', patch);
}

/** Nothing is written when the volume says so already. */
export async function setPhase(
  client: ApiClient,
  { metadata, status }: PersistentVolume,
  phase: string,
  message = '',
): Promise<void> {
  if (status?.phase === phase && (status.message ?? '') === message) return;
  const patch = { metadata: { uid: metadata?.uid }, status: { phase, message: message || null } };
  await client.patch(VOLUMES, '', metadata?.name ?? '', 'merge', patch, { subresource: 'status' });
}
