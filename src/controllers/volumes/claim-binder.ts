/**
 * Finds a volume for each claim, or has one made.
 *
 *     Pending ──a volume that suits it, or is made for it──► Bound ──its volume is gone──► Lost
 *
 * @see kubernetes/pkg/controller/volume/persistentvolume/pv_controller.go syncClaim
 */
import { CLAIMS, NODES, STORAGE_CLASSES, VOLUMES } from '../../client/resource-types.ts';
import type { PersistentVolumeClaim, StorageClass } from '../../model/api/types.ts';
import { findVolume, isBoundTo, volumeMismatch } from '../../model/match-volume.ts';
import { type Controller, KeyedController, keyOf, splitKey } from '../controller.ts';
import { recordEvent } from '../record-event.ts';
import { BIND_COMPLETED, SELECTED_NODE, STORAGE_PROVISIONER } from './annotations.ts';
import { bindClaim } from './bind-claim.ts';

const COMPONENT = 'persistentvolume-controller';
const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

export const claimBinder: Controller = async (deps, signal) => {
  const { client } = deps;
  const controller = new KeyedController('claim binder', deps, signal);
  const { queue } = controller;
  /** What was told of each claim last: it is not told again. */
  const told = new Map<string, string>();
  const claims = controller.follow(CLAIMS, {
    onAdd: (claim) => queue.add(keyOf(claim)),
    onUpdate: (claim) => queue.add(keyOf(claim)),
    onDelete: (claim) => {
      told.delete(keyOf(claim));
    },
  });
  const addAll = (): void => {
    for (const claim of claims.list())
      if (claim.status?.phase !== 'Bound' || claim.spec?.volumeName === undefined) queue.add(keyOf(claim));
  };
  const volumes = controller.follow(VOLUMES, {
    onAdd: addAll,
    onUpdate: addAll,
    onDelete: ({ spec }) => {
      addAll();
      queue.add(`${spec?.claimRef?.namespace ?? ''}/${spec?.claimRef?.name ?? ''}`);
    },
  });
  const classes = controller.followAll(STORAGE_CLASSES, addAll);
  const nodes = controller.follow(NODES, {});

  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    const claim = claims.get(namespace, name);
    if (claim === undefined) return;
    if (claim.metadata?.annotations?.[BIND_COMPLETED] !== undefined) return keepBound(claim);
    if (claim.metadata?.deletionTimestamp !== undefined) return;
    if (claim.spec?.volumeName) return bindNamed(claim, claim.spec.volumeName);
    await bindAny(claim);
  });

  async function keepBound(claim: PersistentVolumeClaim): Promise<void> {
    const volume = volumes.get('', claim.spec?.volumeName ?? '');
    if (volume !== undefined && isBoundTo(volume, claim)) return bindClaim(client, claim, volume);
    // The copy may be behind: the server decides.
    const present = await client.find(VOLUMES, '', claim.spec?.volumeName ?? '');
    if (present !== undefined && isBoundTo(present, claim)) return bindClaim(client, claim, present);
    await lose(
      claim,
      present === undefined
        ? ['ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!']
        : ['ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly'],
    );
  }

  async function lose(
    claim: PersistentVolumeClaim,
    [reason, message]: readonly [string, string],
  ): Promise<void> {
    if (claim.status?.phase === 'Lost') return;
    await writePhase(claim, 'Lost');
    await tell(claim, 'Warning', reason, message);
  }

  async function bindNamed(claim: PersistentVolumeClaim, volumeName: string): Promise<void> {
    const volume = volumes.get('', volumeName);
    if (volume === undefined) return writePhase(claim, 'Pending');
    if (volume.spec?.claimRef !== undefined && !isBoundTo(volume, claim)) {
      const message = `volume ${JSON.stringify(volumeName)} already bound to a different claim.`;
      await tell(claim, 'Warning', 'FailedBinding', message);
      return writePhase(claim, 'Pending');
    }
    const mismatch = volumeMismatch(volume, claim);
    if (mismatch === undefined) return bindClaim(client, claim, volume);
    const message = `Cannot bind to requested volume ${JSON.stringify(volumeName)}: ${mismatch}`;
    await tell(claim, 'Warning', 'VolumeMismatch', message);
    await writePhase(claim, 'Pending');
  }

  async function bindAny(claim: PersistentVolumeClaim): Promise<void> {
    const className = claim.spec?.storageClassName ?? '';
    const storageClass = classes.get('', className);
    const selected = claim.metadata?.annotations?.[SELECTED_NODE];
    const isDelayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
    const node = selected === undefined ? undefined : nodes.get('', selected);
    // Without a node only a volume that waits for this very claim will do.
    const candidates =
      isDelayed && node === undefined
        ? volumes.list().filter(({ spec }) => spec?.claimRef !== undefined)
        : volumes.list();
    const volume = findVolume(candidates, claim, node);
    if (volume !== undefined) return bindClaim(client, claim, volume);
    await writePhase(claim, 'Pending');
    if (isDelayed && selected === undefined) {
      const message = 'waiting for first consumer to be created before binding';
      return tell(claim, 'Normal', 'WaitForFirstConsumer', message);
    }
    await provide(claim, className, storageClass);
  }

  async function provide(
    claim: PersistentVolumeClaim,
    className: string,
    storageClass: StorageClass | undefined,
  ): Promise<void> {
    if (className === '' || storageClass?.provisioner === NO_PROVISIONER) {
      const message = 'no persistent volumes available for this claim and no storage class is set';
      return tell(claim, 'Normal', 'FailedBinding', message);
    }
    if (storageClass === undefined) {
      const message = `storageclass.storage.k8s.io ${JSON.stringify(className)} not found`;
      return tell(claim, 'Warning', 'ProvisioningFailed', message);
    }
    const { provisioner } = storageClass;
    const { namespace = '', name = '', uid, annotations = {} } = claim.metadata ?? {};
    if (annotations[STORAGE_PROVISIONER] !== provisioner)
      await client.patch(CLAIMS, namespace, name, 'merge', {
        metadata: { uid, annotations: { [STORAGE_PROVISIONER]: provisioner } },
      });
    const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`;
    await tell(claim, 'Normal', 'ExternalProvisioning', message);
  }

  async function writePhase({ metadata, status }: PersistentVolumeClaim, phase: string): Promise<void> {
    if (status?.phase === phase) return;
    const { namespace = '', name = '', uid } = metadata ?? {};
    const patch = { metadata: { uid }, status: { phase } };
    await client.patch(CLAIMS, namespace, name, 'merge', patch, { subresource: 'status' });
  }

  async function tell(
    claim: PersistentVolumeClaim,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): Promise<void> {
    if (told.get(keyOf(claim)) === message) return;
    told.set(keyOf(claim), message);
    await recordEvent(deps, COMPONENT, claim, { type, reason, message });
  }
};
