/**
 * Makes volumes of directories of this node, for claims of classes that name this provisioner, and deletes them with their
 * claims. Each node has one: it answers for what is chosen to lie on its node, and for nothing else.
 */
import { CLAIMS, NODES, STORAGE_CLASSES, VOLUMES } from '../../client/resource-types.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';
import { isReachable } from '../../model/match-volume.ts';
import { type Controller, KeyedController, keyOf, splitKey } from '../controller.ts';
import { recordEvent } from '../record-event.ts';
import { PROVISIONED_BY, SELECTED_NODE, STORAGE_PROVISIONER } from './annotations.ts';

export const HOST_DIRECTORY_PROVISIONER = 'peapod.dev/host-directory';
/** Keeps a volume until its directory is deleted. */
const FINALIZER = 'peapod.dev/host-directory';
const HOSTNAME = 'kubernetes.io/hostname';

export interface HostDirectories {
  readonly nodeName: string;
  /** Where a volume's directory is. It is made when it is first mounted. */
  readonly pathOf: (volumeName: string) => string;
  /** Deletes a volume's directory with all that is in it; one that is not there is fine. */
  readonly remove: (volumeName: string) => Promise<void>;
}

export function hostDirectoryProvisioner({ nodeName, pathOf, remove }: HostDirectories): Controller {
  return async (deps, signal) => {
    const { client } = deps;
    const controller = new KeyedController('host directories', deps, signal);
    const { queue } = controller;
    const claims = controller.followAll(CLAIMS, (claim) => queue.add(keyOf(claim)));
    const volumes = controller.followAll(VOLUMES, (volume) => queue.add(keyOf(volume)));
    const classes = controller.follow(STORAGE_CLASSES, {});
    const nodes = controller.follow(NODES, {});

    await controller.run(async (key) => {
      const { namespace, name } = splitKey(key);
      const node = nodes.get('', nodeName) ?? (await client.find(NODES, '', nodeName));
      if (node === undefined) return queue.addAfter(key, 1000);
      if (namespace === '') return reclaim(volumes.get('', name), node);
      const claim = claims.get(namespace, name);
      const storageClass = classes.get('', claim?.spec?.storageClassName ?? '');
      if (claim !== undefined && storageClass?.provisioner === HOST_DIRECTORY_PROVISIONER)
        await provide(claim, storageClass, node);
    });

    async function provide(
      claim: PersistentVolumeClaim,
      storageClass: StorageClass,
      node: Node,
    ): Promise<void> {
      const { deletionTimestamp, annotations = {} } = claim.metadata ?? {};
      const isAsked = annotations[STORAGE_PROVISIONER] === HOST_DIRECTORY_PROVISIONER;
      if (!isAsked || deletionTimestamp !== undefined || claim.spec?.volumeName) return;
      const selected = annotations[SELECTED_NODE];
      if (selected === undefined && storageClass.volumeBindingMode !== 'WaitForFirstConsumer')
        return choose(claim);
      if (selected !== nodeName) return;
      const problem = refusal(claim);
      if (problem !== undefined) return tell(claim, 'Warning', 'ProvisioningFailed', problem);
      const volume = volumeFor(claim, storageClass, node);
      try {
        await client.create(VOLUMES, volume);
      } catch (error) {
        if (isPeapodError(error, 'AlreadyExists')) return;
        throw error;
      }
      await tell(
        claim,
        'Normal',
        'ProvisioningSucceeded',
        `Successfully provisioned volume ${volume.metadata?.name}`,
      );
    }

    /** Where nobody has chosen a node, the first that comes is as good as any. */
    async function choose({ metadata }: PersistentVolumeClaim): Promise<void> {
      const { namespace = '', name = '', uid, resourceVersion } = metadata ?? {};
      const annotations = { [SELECTED_NODE]: nodeName };
      await client.patch(CLAIMS, namespace, name, 'merge', {
        metadata: { uid, resourceVersion, annotations },
      });
    }

    function volumeFor(
      { metadata, spec }: PersistentVolumeClaim,
      { metadata: classMetadata, reclaimPolicy = 'Delete' }: StorageClass,
      node: Node,
    ): PersistentVolume {
      const name = `pvc-${metadata?.uid ?? ''}`;
      const hostname = node.metadata?.labels?.[HOSTNAME] ?? nodeName;
      const matchExpressions = [{ key: HOSTNAME, operator: 'In', values: [hostname] }];
      return {
        metadata: {
          name,
          annotations: { [PROVISIONED_BY]: HOST_DIRECTORY_PROVISIONER },
          finalizers: [FINALIZER],
        },
        spec: {
          capacity: { storage: spec?.resources?.requests?.['storage'] ?? '0' },
          accessModes: spec?.accessModes ?? [],
          persistentVolumeReclaimPolicy: reclaimPolicy,
          storageClassName: classMetadata?.name ?? '',
          volumeMode: 'Filesystem',
          claimRef: {
            kind: 'PersistentVolumeClaim',
            apiVersion: 'v1',
            namespace: metadata?.namespace ?? '',
            name: metadata?.name ?? '',
            uid: metadata?.uid ?? '',
          },
          hostPath: { path: pathOf(name), type: 'DirectoryOrCreate' },
          nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } },
        },
      };
    }

    /** A volume that is released and not to be kept goes, its data first; what is to be kept keeps its data for ever. */
    async function reclaim(volume: PersistentVolume | undefined, node: Node): Promise<void> {
      if (volume?.metadata?.annotations?.[PROVISIONED_BY] !== HOST_DIRECTORY_PROVISIONER) return;
      if (!isReachable(volume, node) || volume.status?.phase === 'Bound') return;
      const { name = '', uid, resourceVersion, deletionTimestamp, finalizers = [] } = volume.metadata;
      const isToGo = volume.spec?.persistentVolumeReclaimPolicy === 'Delete';
      const isReleased = volume.status?.phase === 'Released' || deletionTimestamp !== undefined;
      if (!isReleased || (!isToGo && deletionTimestamp === undefined)) return;
      if (deletionTimestamp === undefined)
        return client.delete(VOLUMES, '', name, uid === undefined ? {} : { preconditions: { uid } });
      if (!finalizers.includes(FINALIZER)) return;
      // The name in the volume is not trusted to be a path: it is made again of the volume's own name.
      if (isToGo) await remove(name);
      const left = finalizers.filter((one) => one !== FINALIZER);
      await client.patch(VOLUMES, '', name, 'merge', {
        metadata: { uid, resourceVersion, finalizers: left },
      });
    }

    function tell(
      claim: PersistentVolumeClaim,
      type: 'Normal' | 'Warning',
      reason: string,
      message: string,
    ): Promise<void> {
      return recordEvent(deps, HOST_DIRECTORY_PROVISIONER, claim, { type, reason, message });
    }
  };
}

function refusal({ spec }: PersistentVolumeClaim): string | undefined {
  if (spec?.volumeMode === 'Block')
    return `failed to provision volume: volumeMode "Block" is not supported by ${HOST_DIRECTORY_PROVISIONER}`;
  if (spec?.selector !== undefined) return 'failed to provision volume: claim Selector is not supported';
  return undefined;
}
