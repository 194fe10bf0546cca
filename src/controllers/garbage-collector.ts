/**
 * Deletes what has lost its owners, and carries out how an owner's deletion is to reach what it owns.
 *
 *     Background   the owner goes at once; what it owned is found to be without owner, and deleted
 *     Foreground   the owner waits (finalizer `foregroundDeletion`) until what it owns, and blocks it, is gone
 *     Orphan       the owner waits (finalizer `orphan`) until its name is taken out of what it owns
 *
 * @see kubernetes/pkg/controller/garbagecollector
 */
import type { KubernetesObject } from '../client/api-client.ts';
import {
  CLAIMS,
  CONFIG_MAPS,
  CONTROLLER_REVISIONS,
  CRON_JOBS,
  DAEMON_SETS,
  DEPLOYMENTS,
  JOBS,
  LEASES,
  NODES,
  PODS,
  REPLICA_SETS,
  type ResourceType,
  SECRETS,
  SERVICE_ACCOUNTS,
  DISRUPTION_BUDGETS,
  VOLUMES,
} from '../client/resource-types.ts';
import type { OwnerReference } from '../model/api/types.ts';
import { type Controller, KeyedController } from './controller.ts';

/** The kinds that own, and are owned. */
const TYPES: readonly ResourceType<KubernetesObject>[] = [
  PODS,
  REPLICA_SETS,
  DEPLOYMENTS,
  DAEMON_SETS,
  CONTROLLER_REVISIONS,
  JOBS,
  CRON_JOBS,
  CONFIG_MAPS,
  SECRETS,
  SERVICE_ACCOUNTS,
  CLAIMS,
  VOLUMES,
  DISRUPTION_BUDGETS,
  LEASES,
  NODES,
];

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

interface Known {
  readonly type: ResourceType<KubernetesObject>;
  object: KubernetesObject;
}

export const garbageCollector: Controller = async (deps, signal) => {
  const { client } = deps;
  const controller = new KeyedController('garbage collector', deps, signal);
  const { queue } = controller;
  const objects = new Map<string, Known>();
  const dependents = new Map<string, Set<string>>();

  const link = (uid: string, owners: readonly OwnerReference[], isThere: boolean): void => {
    for (const owner of owners) {
      const set = dependents.get(owner.uid) ?? new Set();
      dependents.set(owner.uid, set);
      if (isThere) set.add(uid);
      else set.delete(uid);
      if (set.size === 0) dependents.delete(owner.uid);
    }
  };
  const seen = (type: ResourceType<KubernetesObject>, object: KubernetesObject): void => {
    const { uid = '', ownerReferences = [] } = object.metadata ?? {};
    const before = objects.get(uid)?.object.metadata?.ownerReferences ?? [];
    link(uid, before, false);
    // Whom it no longer has as owner may have waited for it.
    for (const owner of before)
      if (!ownerReferences.some((one) => one.uid === owner.uid)) queue.add(owner.uid);
    link(uid, ownerReferences, true);
    objects.set(uid, { type, object });
    if (ownerReferences.length > 0 || object.metadata?.deletionTimestamp !== undefined) queue.add(uid);
  };
  const gone = (object: KubernetesObject): void => {
    const { uid = '', ownerReferences = [] } = object.metadata ?? {};
    objects.delete(uid);
    link(uid, ownerReferences, false);
    for (const dependent of dependents.get(uid) ?? []) queue.add(dependent);
    for (const owner of ownerReferences) queue.add(owner.uid);
  };
  for (const type of TYPES) {
    controller.follow(type, {
      onAdd: (object) => seen(type, object),
      onUpdate: (object) => seen(type, object),
      onDelete: gone,
    });
  }

  await controller.run(async (uid) => {
    const known = objects.get(uid);
    if (known === undefined) return;
    const { metadata } = known.object;
    if (metadata?.deletionTimestamp !== undefined) return finishDeletion(known, uid);
    await deleteUnlessOwned(known, uid);
  });

  async function deleteUnlessOwned({ type, object }: Known, uid: string): Promise<void> {
    const { namespace = '', name = '', ownerReferences = [] } = object.metadata ?? {};
    if (ownerReferences.length === 0) return;
    const states = await Promise.all(ownerReferences.map((owner) => ownerState(owner, namespace)));
    if (states.includes('there')) {
      // Who goes is not kept waiting by what another keeps.
      const leaving = ownerReferences.filter(
        (_, index) => states[index] === 'gone' || states[index] === 'waits',
      );
      if (leaving.length > 0) await disown({ type, object }, new Set(leaving.map((owner) => owner.uid)));
      return;
    }
    if (states.includes('unknown')) return;
    const isForeground = states.includes('waits');
    await client.delete(type, namespace, name, {
      preconditions: { uid },
      propagationPolicy: isForeground ? 'Foreground' : 'Background',
    });
  }

  /** `waits`: the owner is to go when this is gone. */
  async function ownerState(
    owner: OwnerReference,
    namespace: string,
  ): Promise<'there' | 'gone' | 'waits' | 'unknown'> {
    const known = objects.get(owner.uid)?.object;
    if (known !== undefined) {
      const isWaiting =
        known.metadata?.deletionTimestamp !== undefined &&
        (known.metadata.finalizers ?? []).includes(FOREGROUND);
      return isWaiting ? 'waits' : 'there';
    }
    const type = TYPES.find(
      (one) =>
        one.kind === owner.kind &&
        `${one.group === '' ? '' : `${one.group}/`}${one.version}` === owner.apiVersion,
    );
    if (type === undefined) return 'unknown';
    // The copy may be behind: the server decides.
    const present = await client.find(type, type.namespaced ? namespace : '', owner.name);
    return present?.metadata?.uid === owner.uid ? 'there' : 'gone';
  }

  async function finishDeletion(known: Known, uid: string): Promise<void> {
    const { finalizers = [] } = known.object.metadata ?? {};
    const owned = [...(dependents.get(uid) ?? [])].flatMap((one) => objects.get(one) ?? []);
    if (finalizers.includes(ORPHAN)) {
      for (const dependent of owned) await disown(dependent, new Set([uid]));
      return removeFinalizer(known, ORPHAN);
    }
    if (!finalizers.includes(FOREGROUND)) return;
    for (const { object } of owned) queue.add(object.metadata?.uid ?? '');
    const isBlocked = owned.some(({ object }) =>
      object.metadata?.ownerReferences?.some(
        (owner) => owner.uid === uid && owner.blockOwnerDeletion === true,
      ),
    );
    if (!isBlocked) await removeFinalizer(known, FOREGROUND);
  }

  async function disown({ type, object }: Known, owners: ReadonlySet<string>): Promise<void> {
    const { namespace = '', name = '', uid, resourceVersion, ownerReferences = [] } = object.metadata ?? {};
    const left = ownerReferences.filter((owner) => !owners.has(owner.uid));
    const patch = { metadata: { uid, resourceVersion, ownerReferences: left } };
    await client.patch(type, namespace, name, 'merge', patch);
  }

  async function removeFinalizer({ type, object }: Known, finalizer: string): Promise<void> {
    const { namespace = '', name = '', uid, finalizers = [] } = object.metadata ?? {};
    const left = finalizers.filter((one) => one !== finalizer);
    await client.patch(type, namespace, name, 'merge', { metadata: { uid, finalizers: left } });
  }
};
