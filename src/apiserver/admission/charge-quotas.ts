/** @see kubernetes/staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go */
import type { Pod, ResourceQuota } from '../../model/api/types.ts';
import {
  compareQuantities,
  formatQuantity,
  type Quantity,
  subtractQuantities,
  ZERO_QUANTITY,
} from '../../model/quantity.ts';
import { addResources, type ResourceAmounts } from '../../model/resource-list.ts';
import type { ApiObject } from '../api-object.ts';
import { forbidden } from '../errors/status-error.ts';
import type { Resource } from '../resource.ts';
import { hasScopes, quotaCountsPod } from './quota-scopes.ts';
import { quotaUsage } from './quota-usage.ts';
import { readableAmounts } from './readable-amounts.ts';

/** What a quota may demand that every container says. */
const DEMANDED = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

type Kind = Pick<Resource, 'group' | 'plural'>;

/**
 * The quotas whose `status.used` grows when the object is stored, each a copy with the new amounts; the caller writes
 * them before it stores the object, each against the version that it read.
 * @param previous the object before an update; nothing when it is new
 * @throws StatusError Forbidden when a quota has not so much left
 */
export function chargeQuotas(
  quotas: readonly ResourceQuota[],
  kind: Kind,
  object: ApiObject,
  previous?: ApiObject,
): ResourceQuota[] {
  const name = object.metadata?.name ?? '';
  const isPod = kind.group === '' && kind.plural === 'pods';
  return quotas
    .filter((quota) => (isPod ? quotaCountsPod(quota, object as Pod) : !hasScopes(quota)))
    .flatMap((quota) => {
      if (isPod && previous === undefined) checkDemands(quota, kind, object);
      const delta = chargeOf(quota, kind, object, previous);
      if (delta.size === 0) return [];
      checkLeft(quota, kind, name, delta);
      return [charged(quota, delta)];
    });
}

/** A quota that says nothing of limits asks nobody for them; one that does must be able to count them. */
function checkDemands(quota: ResourceQuota, kind: Kind, pod: Pod): void {
  const hard = Object.keys(quota.spec?.hard ?? {});
  const missing = new Map<string, Set<string>>();
  for (const { name, resources } of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]) {
    for (const demand of DEMANDED.filter((one) => hard.includes(one))) {
      const list = demand.startsWith('limits.') ? resources?.limits : resources?.requests;
      if (list?.[demand.replace(/^.*\./, '')] !== undefined) continue;
      missing.set(demand, (missing.get(demand) ?? new Set()).add(name));
    }
  }
  if (missing.size === 0) return;
  const parts = [...missing]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([demand, names]) => `${demand} for: ${[...names].sort().join(',')}`);
  const why = `failed quota: ${quota.metadata?.name ?? ''}: must specify ${parts.join('; ')}`;
  throw forbidden(kind, pod.metadata?.name ?? '', why);
}

/** What it takes more than before, of what the quota limits. */
function chargeOf(
  quota: ResourceQuota,
  kind: Kind,
  object: ApiObject,
  previous: ApiObject | undefined,
): ResourceAmounts {
  const before: ResourceAmounts = previous === undefined ? new Map() : quotaUsage(kind, previous);
  const hard = quota.spec?.hard ?? {};
  const delta = [...quotaUsage(kind, object)]
    .filter(([name]) => Object.hasOwn(hard, name))
    .map(([name, quantity]): [string, Quantity] => [
      name,
      subtractQuantities(quantity, before.get(name) ?? ZERO_QUANTITY),
    ]);
  return new Map(delta.filter(([, quantity]) => quantity.nano > 0n));
}

function checkLeft(quota: ResourceQuota, kind: Kind, name: string, delta: ResourceAmounts): void {
  const used = readableAmounts(quota.status?.used);
  const hard = readableAmounts(quota.spec?.hard);
  const wanted = addResources(used, delta);
  const exceeded = [...delta.keys()]
    .filter((one) => compareQuantities(wanted.get(one) ?? ZERO_QUANTITY, hard.get(one) ?? ZERO_QUANTITY) > 0)
    .sort();
  if (exceeded.length === 0) return;
  const list = (amounts: ResourceAmounts) =>
    exceeded.map((one) => `${one}=${formatQuantity(amounts.get(one) ?? ZERO_QUANTITY)}`).join(',');
  throw forbidden(
    kind,
    name,
    `exceeded quota: ${quota.metadata?.name ?? ''}, requested: ${list(delta)}, used: ${list(used)}, limited: ${list(hard)}`,
  );
}

function charged(quota: ResourceQuota, delta: ResourceAmounts): ResourceQuota {
  const used = { ...quota.status?.used };
  for (const [name, quantity] of addResources(readableAmounts(used), delta))
    used[name] = formatQuantity(quantity);
  return { ...quota, status: { ...quota.status, hard: { ...quota.spec?.hard }, used } };
}

/** What all the objects of a namespace take of a quota, as its status says it; for the one who counts anew. */
export function recountQuota(
  quota: ResourceQuota,
  objects: readonly { readonly kind: Kind; readonly object: ApiObject }[],
): Record<string, string> {
  let used: ResourceAmounts = new Map();
  for (const { kind, object } of objects) {
    const isPod = kind.group === '' && kind.plural === 'pods';
    if (isPod ? quotaCountsPod(quota, object) : !hasScopes(quota))
      used = addResources(used, quotaUsage(kind, object));
  }
  const names = Object.keys(quota.spec?.hard ?? {});
  return Object.fromEntries(names.map((name) => [name, formatQuantity(used.get(name) ?? ZERO_QUANTITY)]));
}
