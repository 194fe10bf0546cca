import type { ResourceQuota } from '../../model/api/types.ts';
import type { ApiObject } from '../api-object.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import type { Registry } from '../registry/registry.ts';
import type { AdmissionRequest } from '../registry/request-scope.ts';
import { updateObject } from '../registry/update-object.ts';
import { ownRules } from '../registry/update-rules.ts';
import { chargeQuotas } from './charge-quotas.ts';

const QUOTAS = 'resourcequotas';

/**
 * Writes down, before an object is stored, what it takes of its namespace's quotas. What is written and then not used is given back
 * when the quota is counted anew. Nothing is to be waited for where there are none.
 * @throws StatusError Forbidden when a quota has not so much left
 */
export function chargeQuota(registry: Registry, request: AdmissionRequest): Promise<void> | undefined {
  const { operation, scope, subresource, object } = request;
  if (operation === 'DELETE' || subresource !== '' || object === undefined || scope.namespace === '')
    return undefined;
  const quotas = registry.cache.list(QUOTAS, `/${QUOTAS}/${scope.namespace}/`);
  return quotas.length === 0 ? undefined : chargeAll(registry, request, object, quotas);
}

async function chargeAll(
  registry: Registry,
  { scope, previous, context }: AdmissionRequest,
  object: ApiObject,
  quotas: readonly StoredObject[],
): Promise<void> {
  const resource = registry.resources.find(({ group, plural }) => group === '' && plural === QUOTAS);
  if (resource === undefined) return;
  const present = quotas.map((stored) => stored.object as ResourceQuota);
  const charged = chargeQuotas(present, scope.resource, object, previous);
  if (context.dryRun === true) return;
  const quotaScope = { resource, namespace: scope.namespace };
  for (const { metadata } of charged) {
    // Counted again on what is there by then: somebody else may have been faster.
    const change = (quota: ApiObject): ApiObject => {
      const [next] = chargeQuotas([quota], scope.resource, object, previous);
      const { resourceVersion: _, ...own } = quota.metadata ?? {};
      return next === undefined
        ? { ...quota, metadata: own }
        : { ...quota, metadata: own, status: next.status };
    };
    const name = metadata?.name ?? '';
    await inTurn(registry, `${scope.namespace}/${name}`, () =>
      updateObject(registry, quotaScope, name, change, ownRules(resource, 'status'), {
        ...context,
        dryRun: false,
      }),
    );
  }
}

const turns = new WeakMap<Registry, Map<string, Promise<unknown>>>();

/**
 * One after the other: of many who write the same quota at once all but one would lose, try again, and in the end give up. Other servers' writes are
 * found by the version, as before.
 */
async function inTurn(registry: Registry, quota: string, charge: () => Promise<unknown>): Promise<void> {
  const waiting = turns.get(registry) ?? new Map<string, Promise<unknown>>();
  turns.set(registry, waiting);
  const before = waiting.get(quota) ?? Promise.resolve();
  const mine = before.catch(() => {}).then(charge);
  waiting.set(quota, mine);
  try {
    await mine;
  } finally {
    if (waiting.get(quota) === mine) waiting.delete(quota);
  }
}
