/**
 * Says of each volume whether it is free, and sees to it when its claim has gone.
 *
 *     Available ──► Bound ──its claim is gone──► Released ──Delete──► (deleted by who provided it)
 *                                                   └─ Retain: stays, with its data
 *
 * @see kubernetes/pkg/controller/volume/persistentvolume/pv_controller.go syncVolume
 */
import { CLAIMS, VOLUMES } from '../../client/resource-types.ts';
import type { PersistentVolume } from '../../model/api/types.ts';
import { type Controller, KeyedController, keyOf, splitKey } from '../controller.ts';
import { recordEvent } from '../record-event.ts';
import { BOUND_BY_CONTROLLER, PROVISIONED_BY } from './annotations.ts';
import { setPhase } from './bind-claim.ts';

const COMPONENT = 'persistentvolume-controller';

export const volumePhaseController: Controller = async (deps, signal) => {
  const { client } = deps;
  const controller = new KeyedController('volume phases', deps, signal);
  const { queue } = controller;
  const volumes = controller.followAll(VOLUMES, (volume) => queue.add(keyOf(volume)));
  const claims = controller.followAll(CLAIMS, (claim) => {
    for (const volume of volumes.list()) {
      const { namespace, name } = volume.spec?.claimRef ?? {};
      if (namespace === claim.metadata?.namespace && name === claim.metadata?.name) queue.add(keyOf(volume));
    }
  });

  await controller.run(async (key) => {
    const volume = volumes.get('', splitKey(key).name);
    const claimRef = volume?.spec?.claimRef;
    if (volume === undefined) return;
    // One that waits for a claim by name is as free as one that waits for any.
    if (claimRef === undefined || (claimRef.uid ?? '') === '') return setPhase(client, volume, 'Available');
    const { namespace = '', name = '', uid = '' } = claimRef;
    let claim = claims.get(namespace, name);
    // The copy may be behind: the server decides before anything is given up.
    if (claim?.metadata?.uid !== uid) claim = await client.find(CLAIMS, namespace, name);
    if (claim?.metadata?.uid !== uid) return release(volume);
    if (!claim.spec?.volumeName) return;
    if (claim.spec.volumeName === volume.metadata?.name) return setPhase(client, volume, 'Bound');
    await giveUp(volume);
  });

  async function release(volume: PersistentVolume): Promise<void> {
    const { persistentVolumeReclaimPolicy: policy } = volume.spec ?? {};
    const provider = volume.metadata?.annotations?.[PROVISIONED_BY];
    if (policy === 'Retain' || (policy === 'Delete' && provider !== undefined))
      return setPhase(client, volume, 'Released');
    const message =
      policy === 'Delete'
        ? 'error getting deleter volume plugin for volume: no deletable volume plugin matched'
        : 'error getting recycler volume plugin for volume: no recyclable volume plugin matched';
    if (volume.status?.phase === 'Failed') return;
    await setPhase(client, volume, 'Failed', message);
    const reason = policy === 'Delete' ? 'VolumeFailedDelete' : 'VolumeFailedRecycle';
    await recordEvent(deps, COMPONENT, volume, { type: 'Warning', reason, message });
  }

  /** Its claim has taken another one. What was made for it goes, what was there before is free again. */
  async function giveUp(volume: PersistentVolume): Promise<void> {
    const { name = '', uid, resourceVersion, annotations = {} } = volume.metadata ?? {};
    if (annotations[PROVISIONED_BY] !== undefined && volume.spec?.persistentVolumeReclaimPolicy === 'Delete')
      return setPhase(client, volume, 'Released');
    const isOurs = annotations[BOUND_BY_CONTROLLER] !== undefined;
    const claimRef = isOurs ? null : { uid: null, resourceVersion: null };
    await client.patch(VOLUMES, '', name, 'merge', {
      metadata: { uid, resourceVersion, annotations: { [BOUND_BY_CONTROLLER]: null } },
      spec: { claimRef },
    });
  }
};
