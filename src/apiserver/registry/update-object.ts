import { isDeepStrictEqual } from 'node:util';
import { isPeapodError } from '../../model/errors.ts';
import type { ApiObject } from '../api-object.ts';
import { encodeStored, StoredObject, withoutManagedFields } from '../cache/stored-object.ts';
import { badRequest, conflict, invalid, modifiedMeanwhile, notFound } from '../errors/status-error.ts';
import { isReleased } from './deletion.ts';
import { lifetimeOf } from './lifetime.ts';
import { noteOwner } from './note-owner.ts';
import type { Registry } from './registry.ts';
import { type RequestContext, type Scope, storeKey } from './request-scope.ts';
import type { UpdateRules } from './update-rules.ts';
import { withoutEmpty } from './without-empty.ts';

/** How often a write that lost a race is tried again, when its author did not say which version it is based on. */
const TRIES = 50;

/** Answers what is wanted of a copy of what is there; it may be asked again, when somebody else was faster. */
export type Change = (present: ApiObject) => ApiObject | Promise<ApiObject>;

/**
 * Changes an object and answers it as it is stored; an object that was only waiting for its finalizers goes with the last.
 * @throws StatusError NotFound, Conflict, Invalid, Forbidden, BadRequest
 */
export async function updateObject(
  registry: Registry,
  scope: Scope,
  name: string,
  change: Change,
  rules: UpdateRules,
  context: RequestContext,
): Promise<ApiObject> {
  const key = storeKey(scope, name);
  for (let attempt = 1; ; attempt += 1) {
    const entry = await registry.store.get(key);
    if (entry === undefined) throw notFound(scope.resource, name);
    const stored = new StoredObject(entry);
    const previous = served(scope, stored);
    const wanted = await change(served(scope, stored));
    const isBased = checkBase(scope, name, wanted, previous);
    const next = await prepare(registry, scope, name, wanted, previous, rules, context);
    if (isDeepStrictEqual(next, previous)) return previous;
    if (context.dryRun === true) return next;
    try {
      return await write(registry, scope, stored, next);
    } catch (error) {
      if (isPeapodError(error, 'NotFound')) throw notFound(scope.resource, name);
      if (!isPeapodError(error, 'Conflict')) throw error;
      if (isBased || attempt >= TRIES) throw modifiedMeanwhile(scope.resource, name);
    }
  }
}

/** A copy of the object in the form of the resource's version. */
export function served({ resource }: Scope, stored: StoredObject): ApiObject {
  const object = stored.copy();
  return resource.fromStored?.(object) ?? object;
}

async function prepare(
  registry: Registry,
  scope: Scope,
  name: string,
  wanted: ApiObject,
  previous: ApiObject,
  rules: UpdateRules,
  context: RequestContext,
): Promise<ApiObject> {
  const prepared = rules.prepare(wanted, previous, context);
  const { subresource } = rules;
  const next = rules.notesOwner
    ? noteOwner(scope.resource, previous, prepared, context, subresource)
    : prepared;
  await registry.admit({ operation: 'UPDATE', scope, name, subresource, object: next, previous, context });
  const errors = rules.validate(next, previous, context);
  if (errors.length > 0) throw invalid(scope.resource, name, errors);
  const { resourceVersion } = previous.metadata ?? {};
  return {
    ...next,
    metadata: withoutEmpty({
      ...next.metadata,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    }),
  };
}

/**
 * Whether the author named the version that the change is based on.
 * @throws StatusError Conflict when that, or the uid, is not the present one; BadRequest when it is none
 */
function checkBase({ resource }: Scope, name: string, wanted: ApiObject, previous: ApiObject): boolean {
  const { resourceVersion: given = '', uid = '', name: otherName = name } = wanted.metadata ?? {};
  if (otherName !== name) {
    throw badRequest(`the name of the object (${otherName}) does not match the name on the URL (${name})`);
  }
  if (uid !== '' && uid !== previous.metadata?.uid) {
    throw conflict(
      resource,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${previous.metadata?.uid ?? ''}`,
    );
  }
  if (given === '' || given === '0') return false;
  if (!/^\d+$/.test(given))
    throw badRequest(`metadata.resourceVersion: Invalid value: ${JSON.stringify(given)}`);
  if (given !== previous.metadata?.resourceVersion) throw modifiedMeanwhile(resource, name);
  return true;
}

async function write(
  registry: Registry,
  { resource }: Scope,
  { key, revision: expected, createRevision }: StoredObject,
  next: ApiObject,
): Promise<ApiObject> {
  const at = (revision: number) => ({
    ...next,
    metadata: { ...next.metadata, resourceVersion: String(revision) },
  });
  if (isReleased(next)) return at(await registry.store.delete(key, expected));
  const value = encodeStored(resource.toStored?.(next) ?? next);
  const modRevision = await registry.store.update(key, value, expected, lifetimeOf(resource));
  const answer = at(modRevision);
  if (resource.toStored === undefined) {
    const entry = { key, value, createRevision, modRevision };
    StoredObject.noteAnswer(answer, StoredObject.noteWritten(entry, withoutManagedFields(answer)));
  }
  return answer;
}

/**
 * The object as it is stored now.
 * @throws StatusError NotFound
 */
export async function readStored(registry: Registry, scope: Scope, name: string): Promise<ApiObject> {
  const entry = await registry.store.get(storeKey(scope, name));
  if (entry === undefined) throw notFound(scope.resource, name);
  return served(scope, new StoredObject(entry));
}
