/**
 * Keeps as many pods of a ReplicaSet as are wanted.
 * @see kubernetes/pkg/controller/replicaset/replica_set.go
 */
import { PODS, REPLICA_SETS } from '../client/resource-types.ts';
import type { Pod, ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../model/api/types.ts';
import { apiTime } from '../model/status/pod-conditions.ts';
import { changePods } from './change-pods.ts';
import { claimOwned } from './claim-owned.ts';
import { type Controller, controlledBy, isWritten, KeyedController, keyOf, splitKey } from './controller.ts';
import { Expectations } from './expectations.ts';
import { followOwnedPods } from './follow-owned-pods.ts';
import {
  byExpendability,
  isActive,
  isAvailable,
  nextAvailability,
  podFromTemplate,
  readySince,
} from './pod-states.ts';

const KIND = 'ReplicaSet';
const COMPONENT = 'replicaset-controller';
const FAILURE = 'ReplicaFailure';
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

/** @param failure why not all pods could be made or deleted that are to be */
export function replicaSetStatus(
  set: ReplicaSet,
  pods: readonly Pod[],
  nowMs: number,
  failure?: { readonly message: string },
): ReplicaSetStatus {
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
    conditions: conditionsOf(set, pods, nowMs, failure),
  };
}

function conditionsOf(
  set: ReplicaSet,
  pods: readonly Pod[],
  nowMs: number,
  failure: { readonly message: string } | undefined,
): ReplicaSetCondition[] {
  const before = set.status?.conditions ?? [];
  const others = before.filter(({ type }) => type !== FAILURE);
  if (failure === undefined) return others;
  const present = before.find(({ type }) => type === FAILURE);
  if (present !== undefined) return before;
  const isMissing = pods.length < (set.spec?.replicas ?? 1);
  return [
    ...others,
    {
      type: FAILURE,
      status: 'True',
      reason: isMissing ? 'FailedCreate' : 'FailedDelete',
      message: failure.message,
      lastTransitionTime: apiTime(nowMs),
    },
  ];
}

export const replicaSetController: Controller = async (deps, signal) => {
  const { client, clock } = deps;
  const controller = new KeyedController('replicaset', deps, signal);
  const { queue } = controller;
  const expectations = new Expectations(clock);
  const sets = controller.followAll(REPLICA_SETS, (set) => queue.add(keyOf(set)));
  const pods = followOwnedPods(controller, {
    kind: KIND,
    owners: sets,
    selectorOf: ({ spec }) => spec?.selector,
    expectations,
  });

  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    const set = sets.get(namespace, name);
    if (set === undefined) return expectations.forget(key);
    const owner = { type: REPLICA_SETS, object: set, selector: set.spec?.selector };
    const active = (await claimOwned(client, owner, PODS, pods.list(), isActive)).filter(isActive);
    let failure: unknown;
    if (expectations.isFulfilled(key) && set.metadata?.deletionTimestamp === undefined) {
      const plan = planReplicas(set, active);
      if (plan.create > 0 || plan.remove.length > 0)
        failure = await manage(set, key, plan).catch((error: unknown) => error);
    }
    await writeStatus(set, active, failure);
    if (failure !== undefined) throw failure;
    const waitMs = nextAvailability(active, set.spec?.minReadySeconds ?? 0, clock.now());
    if (waitMs !== undefined) queue.addAfter(key, waitMs);
  });

  async function manage(set: ReplicaSet, key: string, { create, remove }: ReplicaPlan): Promise<undefined> {
    const { namespace = '', name = '' } = set.metadata ?? {};
    const owner = controlledBy(set, 'apps/v1', KIND);
    const pod = podFromTemplate(set.spec?.template, { namespace, prefix: `${name}-`, owner });
    await changePods(deps, expectations, {
      owner: set,
      component: COMPONENT,
      key,
      create: Array.from({ length: create }, () => pod),
      remove,
    });
  }

  async function writeStatus(set: ReplicaSet, active: readonly Pod[], failure: unknown): Promise<void> {
    const reason = failure === undefined ? undefined : { message: messageOf(failure) };
    const status = replicaSetStatus(set, active, clock.now(), reason);
    const before = { ...set.status, conditions: set.status?.conditions ?? [] };
    if (isWritten(status, before)) return;
    const { namespace = '', name = '', uid } = set.metadata ?? {};
    const patch = { metadata: { uid }, status };
    await client.patch(REPLICA_SETS, namespace, name, 'merge', patch, { subresource: 'status' });
  }
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
