/**
 * Keeps as many pods of a ReplicaSet as are wanted.
 * @see kubernetes/pkg/controller/replicaset/replica_set.go
 */
import { PODS, REPLICA_SETS } from '../client/resource-types.ts';
import type { Pod, ReplicaSet, ReplicaSetStatus } from '../model/api/types.ts';
import { matchesLabelSelector } from '../model/label-selector.ts';
import {
  type Controller,
  controlledBy,
  controllerOf,
  isWritten,
  KeyedController,
  keyOf,
  splitKey,
} from './controller.ts';
import { Expectations } from './expectations.ts';
import { byExpendability, isActive, isAvailable, podFromTemplate, readySince } from './pod-states.ts';

const KIND = 'ReplicaSet';
/** At most so many pods are made or deleted at a time. */
const BURST = 500;

export interface ReplicaPlan {
  readonly create: number;
  readonly remove: readonly Pod[];
}

/** @param pods the set's own, those that have ended or are leaving left out */
export function planReplicas({ spec }: ReplicaSet, pods: readonly Pod[]): ReplicaPlan {
  const wanted = spec?.replicas ?? 1;
  const missing = wanted - pods.length;
  if (missing >= 0) return { create: Math.min(missing, BURST), remove: [] };
  return { create: 0, remove: pods.toSorted(byExpendability).slice(0, Math.min(-missing, BURST)) };
}

export function replicaSetStatus(set: ReplicaSet, pods: readonly Pod[], nowMs: number): ReplicaSetStatus {
  const labels = Object.entries(set.spec?.template?.metadata?.labels ?? {});
  const minReady = set.spec?.minReadySeconds ?? 0;
  const isLabelled = ({ metadata }: Pod) => labels.every(([key, value]) => metadata?.labels?.[key] === value);
  return {
    ...set.status,
    replicas: pods.length,
    fullyLabeledReplicas: pods.filter(isLabelled).length,
    readyReplicas: pods.filter((pod) => readySince(pod) !== undefined).length,
    availableReplicas: pods.filter((pod) => isAvailable(pod, minReady, nowMs)).length,
    observedGeneration: set.metadata?.generation ?? 0,
  };
}

export const replicaSetController: Controller = async (deps, signal) => {
  const { client, clock } = deps;
  const controller = new KeyedController('replicaset', deps, signal);
  const { queue } = controller;
  const expectations = new Expectations(clock);
  const sets = controller.followAll(REPLICA_SETS, (set) => queue.add(keyOf(set)));
  const ownerKey = (pod: Pod): string | undefined => {
    const owner = controllerOf(pod);
    return owner?.kind === KIND ? `${pod.metadata?.namespace}/${owner.name}` : undefined;
  };
  const touched = (pod: Pod, seen?: 'created' | 'deleted'): void => {
    const key = ownerKey(pod);
    if (key !== undefined) {
      if (seen !== undefined) expectations.observed(key, seen);
      queue.add(key);
      return;
    }
    // Nobody's: it may become the pod of a set that selects it.
    for (const set of sets.list())
      if (
        set.metadata?.namespace === pod.metadata?.namespace &&
        matchesLabelSelector(set.spec?.selector, pod.metadata?.labels)
      )
        queue.add(keyOf(set));
  };
  const pods = controller.follow(PODS, {
    onAdd: (pod) => touched(pod, 'created'),
    onUpdate: (pod, previous) => {
      if (pod.metadata?.deletionTimestamp !== undefined && previous.metadata?.deletionTimestamp === undefined)
        return touched(pod, 'deleted');
      touched(pod);
    },
    onDelete: (pod) => touched(pod, pod.metadata?.deletionTimestamp === undefined ? 'deleted' : undefined),
  });

  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    const set = sets.get(namespace, name);
    if (set === undefined) return expectations.forget(key);
    const own = await adopt(set);
    const active = own.filter(isActive);
    if (expectations.isFulfilled(key) && set.metadata?.deletionTimestamp === undefined) {
      const { create, remove } = planReplicas(set, active);
      expectations.expect(key, create, remove.length);
      await manage(set, key, create, remove);
    }
    await writeStatus(set, active);
    const waitMs = nextAvailability(set, active, clock.now());
    if (waitMs !== undefined) queue.addAfter(key, waitMs);
  });

  /** The set's pods, with orphans that it selects taken in. */
  async function adopt(set: ReplicaSet): Promise<Pod[]> {
    const { namespace, uid } = set.metadata ?? {};
    const own: Pod[] = [];
    for (const pod of pods.list()) {
      const { metadata } = pod;
      if (metadata?.namespace !== namespace || metadata === undefined) continue;
      const owner = controllerOf(pod);
      if (owner?.uid === uid) own.push(pod);
      const isStray = owner === undefined && isActive(pod) && set.metadata?.deletionTimestamp === undefined;
      if (!isStray || !matchesLabelSelector(set.spec?.selector, metadata.labels)) continue;
      const ownerReferences = [...(metadata.ownerReferences ?? []), controlledBy(set, 'apps/v1', KIND)];
      const patch = { metadata: { uid: metadata.uid, ownerReferences } };
      own.push(await client.patch(PODS, namespace ?? '', metadata.name ?? '', 'merge', patch));
    }
    return own;
  }

  async function manage(set: ReplicaSet, key: string, create: number, remove: readonly Pod[]): Promise<void> {
    const { namespace = '', name = '' } = set.metadata ?? {};
    const owner = controlledBy(set, 'apps/v1', KIND);
    const creations = Array.from({ length: create }, async () => {
      try {
        await client.create(
          PODS,
          podFromTemplate(set.spec?.template, { namespace, prefix: `${name}-`, owner }),
        );
      } catch (error) {
        expectations.observed(key, 'created');
        throw error;
      }
    });
    const deletions = remove.map(async ({ metadata }) => {
      try {
        const uid = metadata?.uid;
        const options = uid === undefined ? {} : { preconditions: { uid } };
        await client.delete(PODS, namespace, metadata?.name ?? '', options);
      } catch (error) {
        expectations.observed(key, 'deleted');
        throw error;
      }
    });
    const results = await Promise.allSettled([...creations, ...deletions]);
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  async function writeStatus(set: ReplicaSet, active: readonly Pod[]): Promise<void> {
    const status = replicaSetStatus(set, active, clock.now());
    if (isWritten(status, set.status)) return;
    const { namespace = '', name = '', uid } = set.metadata ?? {};
    await client.patch(
      REPLICA_SETS,
      namespace,
      name,
      'merge',
      { metadata: { uid }, status },
      { subresource: 'status' },
    );
  }
};

/** When the next pod will have been ready long enough. */
function nextAvailability({ spec }: ReplicaSet, pods: readonly Pod[], nowMs: number): number | undefined {
  const minReadyMs = (spec?.minReadySeconds ?? 0) * 1000;
  const waits = pods
    .map((pod) => readySince(pod))
    .flatMap((since) => (since === undefined ? [] : [since + minReadyMs - nowMs]))
    .filter((wait) => wait > 0);
  return waits.length === 0 ? undefined : Math.min(...waits) + 10;
}
