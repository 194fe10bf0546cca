/**
 * Deletes a pod unless a disruption budget stands against it.
 * @see kubernetes/pkg/registry/core/pod/storage/eviction.go
 */
import type { DeleteOptions, Pod, PodDisruptionBudget } from '../../model/api/types.ts';
import { matchesLabelSelector } from '../../model/label-selector.ts';
import { podWithCondition } from '../../model/status/pod-scheduled.ts';
import type { ApiObject } from '../api-object.ts';
import { noSuchResource, StatusError } from '../errors/status-error.ts';
import type { ResourceCall, SubresourceHandlers } from '../http/api.ts';
import { readObject } from '../http/read-object.ts';
import { scopeOf } from '../http/scope-of.ts';
import { sendJson } from '../http/respond.ts';
import { deleteObject } from '../registry/delete-object.ts';
import type { Scope } from '../registry/request-scope.ts';
import { readStored, updateObject } from '../registry/update-object.ts';
import { ownRules } from '../registry/update-rules.ts';

const EVICTION = { group: 'policy', version: 'v1', kind: 'Eviction', typeName: 'Eviction' } as const;

export const podEviction: SubresourceHandlers = {
  ...EVICTION,
  create: async (call) => {
    const eviction = await readObject(call, EVICTION);
    const scope = scopeOf(call);
    const pod = (await readStored(call.registry, scope, call.target.name)) as Pod;
    const options: DeleteOptions = (eviction['deleteOptions'] as DeleteOptions | undefined) ?? {};
    const dryRun = call.context.dryRun === true || (options.dryRun ?? []).length > 0;
    const context = { ...call.context, dryRun };
    if (needsBudget(pod)) await takeFromBudgets({ ...call, context }, pod);
    if (pod.metadata?.deletionTimestamp === undefined) await noteDisruption({ ...call, context }, pod);
    await deleteObject(call.registry, scope, call.target.name, options, context);
    sendJson(call.response, 201, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      code: 201,
    });
  },
};

/** Who counts failures sees by it that this is none of the pod's. */
async function noteDisruption(call: ResourceCall, pod: Pod): Promise<void> {
  const { registry, context, target } = call;
  const scope = scopeOf(call);
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  const change = (object: ApiObject): ApiObject => {
    const { resourceVersion: _, ...metadata } = object.metadata ?? {};
    return { ...podWithCondition({ ...pod, ...object }, condition, context.nowMs), metadata };
  };
  await updateObject(registry, scope, target.name, change, ownRules(scope.resource, 'status'), context);
}

/** Pods that have ended, have not begun, or go anyway are nobody's loss. */
function needsBudget({ metadata, status }: Pod): boolean {
  const isOver = status?.phase === 'Succeeded' || status?.phase === 'Failed' || status?.phase === 'Pending';
  return !isOver && metadata?.deletionTimestamp === undefined;
}

async function takeFromBudgets(call: ResourceCall, pod: Pod): Promise<void> {
  const resource = call.registry.resources.find(({ plural }) => plural === 'poddisruptionbudgets');
  if (resource === undefined) throw noSuchResource();
  const scope: Scope = { resource, namespace: call.target.namespace };
  await call.registry.cache.caughtUp();
  const budgets = call.registry.cache
    .list(resource.storedAs, `/${resource.storedAs}/${scope.namespace}/`)
    .map(({ object }) => object as PodDisruptionBudget)
    .filter(({ spec }) => matchesLabelSelector(spec?.selector, pod.metadata?.labels));
  if (budgets.length > 1)
    throw new StatusError(
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const [budget] = budgets;
  if (budget === undefined || toleratesUnready(budget, pod)) return;
  const change = (object: ApiObject) => lessOne(object, pod, call.context.nowMs);
  await updateObject(
    call.registry,
    scope,
    budget.metadata?.name ?? '',
    change,
    ownRules(resource, 'status'),
    call.context,
  );
}

function toleratesUnready({ spec, status }: PodDisruptionBudget, pod: Pod): boolean {
  const isReady = pod.status?.conditions?.some(
    ({ type, status: value }) => type === 'Ready' && value === 'True',
  );
  if (isReady === true) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return (status?.currentHealthy ?? 0) >= (status?.desiredHealthy ?? 0) && (status?.desiredHealthy ?? 0) > 0;
}

/** @throws StatusError TooManyRequests when no disruption is allowed now */
function lessOne(budget: PodDisruptionBudget, pod: Pod, nowMs: number): ApiObject {
  const { metadata, status } = budget;
  const name = metadata?.name ?? '';
  const refusal = (message: string, cause: string, retryAfterSeconds = 0) =>
    new StatusError('TooManyRequests', message, {
      causes: [{ reason: 'DisruptionBudget', message: cause }],
      ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
    });
  if (status === undefined || (status.observedGeneration ?? 0) < (metadata?.generation ?? 0)) {
    throw refusal(
      "Cannot evict pod as it would violate the pod's disruption budget.",
      `The disruption budget ${name} is still being processed by the server.`,
      10,
    );
  }
  const { disruptionsAllowed: allowed = 0 } = status;
  if (allowed <= 0) {
    throw refusal(
      "Cannot evict pod as it would violate the pod's disruption budget.",
      `The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`,
    );
  }
  const { resourceVersion: _, ...own } = metadata ?? {};
  const disruptedPods = {
    ...status.disruptedPods,
    [pod.metadata?.name ?? '']: new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  };
  const disruptionsAllowed = allowed - 1;
  return { ...budget, metadata: own, status: { ...status, disruptionsAllowed, disruptedPods } };
}
