import type { DeleteOptions } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';
import { invalid, modifiedMeanwhile, notFound } from '../errors/status-error.ts';
import { IGNORE_READ_ERROR } from './damage.ts';
import type { Registry } from './registry.ts';
import { type RequestContext, type Scope, storeKey } from './request-scope.ts';

const WITHOUT = ['preconditions', 'gracePeriodSeconds', 'propagationPolicy', 'orphanDependents'] as const;

/**
 * Deletes an object that cannot be read: without its finalizers, its grace period and what hangs on it.
 * @throws StatusError Invalid when the object can be read, or the options ask for more; NotFound; Conflict
 * @see kubernetes/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/corrupt_obj_deleter.go
 */
export async function deleteDamaged(
  registry: Registry,
  scope: Scope,
  name: string,
  options: DeleteOptions,
  { dryRun }: Pick<RequestContext, 'dryRun'>,
): Promise<void> {
  const { resource } = scope;
  const key = storeKey(scope, name);
  const others = WITHOUT.filter((field) => options[field] !== undefined);
  if (others.length > 0) throw refused(others.map((field) => `cannot be set together with .${field}`));
  const entry = await registry.store.get(key);
  if (entry === undefined) throw notFound(resource, name);
  if (!registry.cache.damaged.has(key))
    throw refused(['is exclusively used to delete corrupt object(s), try again by removing this option']);
  if (dryRun === true) return;
  try {
    await registry.cache.caughtUp(await registry.store.delete(key, entry.modRevision));
  } catch (error) {
    if (isPeapodError(error, 'NotFound')) throw notFound(resource, name);
    if (isPeapodError(error, 'Conflict')) throw modifiedMeanwhile(resource, name);
    throw error;
  }
}

function refused(details: readonly string[]): Error {
  const errors = details.map(
    (detail) => ({ field: IGNORE_READ_ERROR, type: 'Invalid', badValue: true, detail }) as const,
  );
  return invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
}
