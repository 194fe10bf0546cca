import { isPeapodError } from '../../model/errors.ts';
import type { DeleteOptions } from '../../model/api/types.ts';
import type { ApiObject } from '../api-object.ts';
import { encodeStored, StoredObject } from '../cache/stored-object.ts';
import { conflict, modifiedMeanwhile, notFound } from '../errors/status-error.ts';
import { isReleased, markDeleted } from './deletion.ts';
import { lifetimeOf } from './lifetime.ts';
import type { Registry } from './registry.ts';
import { type RequestContext, type Scope, storeKey } from './request-scope.ts';
import { served } from './update-object.ts';

const TRIES = 50;

export interface Deletion {
  /** As it was last, or as it waits for its end. */
  readonly object: ApiObject;
  readonly isGone: boolean;
}

/**
 * Deletes an object, or marks it when something has to happen first.
 * @throws StatusError NotFound, Conflict when a precondition does not hold
 */
export async function deleteObject(
  registry: Registry,
  scope: Scope,
  name: string,
  options: DeleteOptions,
  context: RequestContext,
): Promise<Deletion> {
  const { resource } = scope;
  const key = storeKey(scope, name);
  for (let attempt = 1; ; attempt += 1) {
    const entry = await registry.store.get(key);
    if (entry === undefined) throw notFound(resource, name);
    const stored = new StoredObject(entry);
    const object = served(scope, stored);
    checkPreconditions(scope, name, object, options);
    await registry.admit({
      operation: 'DELETE',
      scope,
      name,
      subresource: '',
      object: undefined,
      previous: object,
      context,
    });
    const marked = markDeleted(resource, object, options, context.nowMs);
    const isGone = isReleased(marked);
    if (context.dryRun === true) return { object: marked, isGone };
    try {
      const revision = isGone
        ? await registry.store.delete(key, stored.revision)
        : await registry.store.update(
            key,
            encodeStored(resource.toStored?.(marked) ?? marked),
            stored.revision,
            lifetimeOf(resource),
          );
      const result = isGone ? object : marked;
      return {
        object: { ...result, metadata: { ...result.metadata, resourceVersion: String(revision) } },
        isGone,
      };
    } catch (error) {
      if (isPeapodError(error, 'NotFound')) throw notFound(resource, name);
      if (!isPeapodError(error, 'Conflict')) throw error;
      if (attempt >= TRIES) throw modifiedMeanwhile(resource, name);
    }
  }
}

function checkPreconditions(
  { resource }: Scope,
  name: string,
  { metadata }: ApiObject,
  { preconditions }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions ?? {};
  if (uid !== undefined && uid !== metadata?.uid) {
    const why = `UID in precondition: ${uid}, UID in object meta: ${metadata?.uid ?? ''}`;
    throw conflict(resource, name, `Precondition failed: ${why}`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata?.resourceVersion) {
    const why = `ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${metadata?.resourceVersion ?? ''}`;
    throw conflict(resource, name, `Precondition failed: ${why}`);
  }
}
