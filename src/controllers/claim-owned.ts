/** @see kubernetes/pkg/controller/controller_ref_manager.go */
import type { ApiClient, KubernetesObject } from '../client/api-client.ts';
import type { ResourceType } from '../client/resource-types.ts';
import type { LabelSelector } from '../model/api/types.ts';
import { isPeapodError } from '../model/errors.ts';
import { matchesLabelSelector } from '../model/label-selector.ts';
import { controlledBy, controllerOf } from './controller.ts';

export interface Owner {
  readonly type: ResourceType<KubernetesObject>;
  readonly object: KubernetesObject;
  readonly selector: LabelSelector | undefined;
}

/**
 * Those of the objects that are the owner's. What it selects and nobody controls is taken in, what it controls and no longer
 * selects is let go.
 */
export async function claimOwned<T extends KubernetesObject>(
  client: ApiClient,
  { type: ownerType, object: owner, selector }: Owner,
  type: ResourceType<T>,
  objects: readonly T[],
  mayAdopt: (object: T) => boolean = () => true,
): Promise<T[]> {
  const { namespace = '', name = '', uid } = owner.metadata ?? {};
  const isLeaving = owner.metadata?.deletionTimestamp !== undefined;
  let isOwnerThere: boolean | undefined;
  const own: T[] = [];
  for (const object of objects) {
    const { metadata } = object;
    if (metadata?.namespace !== namespace) continue;
    const controller = controllerOf(object);
    if (controller !== undefined && controller.uid !== uid) continue;
    const isSelected = matchesLabelSelector(selector, metadata.labels);
    if (controller !== undefined && (isSelected || isLeaving)) own.push(object);
    else if (controller !== undefined) await release(object);
    else if (isSelected && !isLeaving && metadata.deletionTimestamp === undefined && mayAdopt(object)) {
      // The copy of the owner may be old, and what it takes in would go with it.
      isOwnerThere ??= await stillThere();
      const adopted = isOwnerThere ? await adopt(object) : undefined;
      if (adopted !== undefined) own.push(adopted);
    }
  }
  return own;

  async function stillThere(): Promise<boolean> {
    const present = await client.find(ownerType, namespace, name);
    return present?.metadata?.uid === uid && present?.metadata?.deletionTimestamp === undefined;
  }

  function adopt(object: T): Promise<T | undefined> {
    const { group, version, kind } = ownerType;
    const reference = controlledBy(owner, `${group}/${version}`, kind);
    return change(object, [...(object.metadata?.ownerReferences ?? []), reference]);
  }

  function release(object: T): Promise<T | undefined> {
    return change(
      object,
      (object.metadata?.ownerReferences ?? []).filter((one) => one.uid !== uid),
    );
  }

  /** @returns nothing when the object is gone */
  async function change(object: T, ownerReferences: object[]): Promise<T | undefined> {
    const { uid: objectUid, resourceVersion, name: objectName = '' } = object.metadata ?? {};
    try {
      const metadata = { uid: objectUid, resourceVersion, ownerReferences };
      return await client.patch(type, namespace, objectName, 'merge', { metadata });
    } catch (error) {
      if (isPeapodError(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}
