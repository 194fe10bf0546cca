/**
 * Keeps claims that pods use, and volumes that claims have, until they no longer do.
 * @see kubernetes/pkg/controller/volume/{pvcprotection,pvprotection}
 */
import type { KubernetesObject } from '../../client/api-client.ts';
import { CLAIMS, PODS, type ResourceType, VOLUMES } from '../../client/resource-types.ts';
import type { Pod } from '../../model/api/types.ts';
import { type Controller, KeyedController, keyOf, splitKey } from '../controller.ts';

const CLAIM_FINALIZER = 'kubernetes.io/pvc-protection';
const VOLUME_FINALIZER = 'kubernetes.io/pv-protection';

export const storageProtectionController: Controller = async (deps, signal) => {
  const { client } = deps;
  const controller = new KeyedController('storage protection', deps, signal);
  const { queue } = controller;
  const claims = controller.followAll(CLAIMS, (claim) => queue.add(keyOf(claim)));
  const volumes = controller.followAll(VOLUMES, (volume) => queue.add(keyOf(volume)));
  controller.follow(PODS, {
    onUpdate: (pod) => addClaimsOf(pod),
    onDelete: (pod) => addClaimsOf(pod),
  });
  function addClaimsOf(pod: Pod): void {
    for (const name of claimsOf(pod)) queue.add(`${pod.metadata?.namespace}/${name}`);
  }

  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    if (namespace === '') {
      const volume = volumes.get('', name);
      if (volume?.status?.phase !== 'Bound') await release(VOLUMES, volume, VOLUME_FINALIZER);
      return;
    }
    const claim = claims.get(namespace, name);
    if (claim?.metadata?.deletionTimestamp === undefined) return;
    // The copy may be behind: the server decides.
    const { items } = await client.list(PODS, { namespace });
    const isUsed = items.some((pod) => pod.spec?.nodeName && claimsOf(pod).includes(name));
    if (!isUsed) await release(CLAIMS, claim, CLAIM_FINALIZER);
  });

  async function release<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T | undefined,
    finalizer: string,
  ): Promise<void> {
    const { namespace = '', name = '', uid, resourceVersion, finalizers = [] } = object?.metadata ?? {};
    if (object?.metadata?.deletionTimestamp === undefined || !finalizers.includes(finalizer)) return;
    const left = finalizers.filter((one) => one !== finalizer);
    const patch = { metadata: { uid, resourceVersion, finalizers: left } };
    await client.patch(type, namespace, name, 'merge', patch);
  }
};

function claimsOf({ spec }: Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
}
