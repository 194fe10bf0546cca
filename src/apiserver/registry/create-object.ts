import { randomUUID } from 'node:crypto';
import { copyPlain } from '../../model/copy-plain.ts';
import type { ObjectMeta } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';
import type { ApiObject } from '../api-object.ts';
import { encodeStored, StoredObject } from '../cache/stored-object.ts';
import { alreadyExists, badRequest, invalid } from '../errors/status-error.ts';
import { checkNewMetadata } from './object-rules.ts';
import { noteOwner } from './note-owner.ts';
import { randomName } from './random-name.ts';
import type { Registry } from './registry.ts';
import { type RequestContext, type Scope, apiVersionOf, storeKey } from './request-scope.ts';
import { withoutEmpty } from './without-empty.ts';

/** How often a generated name that is taken is made anew. */
const NAME_TRIES = 8;
/** Events and the like go by themselves. */
const SECONDS_OF_EVENTS = 3600;

/**
 * Stores a new object and answers it as it is stored.
 * @param input the caller's own copy; with `notesOwner: false` it names its owners itself
 * @throws StatusError AlreadyExists, Invalid, Forbidden, BadRequest
 */
export async function createObject(
  registry: Registry,
  scope: Scope,
  input: ApiObject,
  context: RequestContext,
  { notesOwner }: { notesOwner: boolean } = { notesOwner: true },
): Promise<ApiObject> {
  const { resource } = scope;
  const generated = !input.metadata?.name && Boolean(input.metadata?.generateName);
  for (let attempt = 1; ; attempt += 1) {
    const own = generated ? copyPlain(input) : input;
    const object = await prepare(registry, scope, own, context, notesOwner);
    const name = object.metadata?.name ?? '';
    if (context.dryRun === true) return object;
    try {
      const options = resource.storedAs === 'events' ? { ttlSeconds: SECONDS_OF_EVENTS } : {};
      const key = storeKey(scope, name);
      const value = encodeStored(resource.toStored?.(object) ?? object);
      const revision = await registry.store.create(key, value, options);
      const answer = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
      if (resource.toStored === undefined)
        StoredObject.noteWritten({ key, value, createRevision: revision, modRevision: revision }, answer);
      return answer;
    } catch (error) {
      if (!isPeapodError(error, 'AlreadyExists')) throw error;
      if (!generated || attempt >= NAME_TRIES) throw alreadyExists(resource, name);
    }
  }
}

async function prepare(
  registry: Registry,
  scope: Scope,
  input: ApiObject,
  context: RequestContext,
  notesOwner: boolean,
): Promise<ApiObject> {
  const { resource } = scope;
  const { strategy } = resource;
  input.metadata = withoutEmpty(newMetadata(scope, input, context.nowMs));
  const defaulted = strategy.applyDefaults?.(input) ?? input;
  defaulted.apiVersion = apiVersionOf(resource);
  defaulted.kind = resource.kind;
  // What admission adds is nobody's.
  const object = notesOwner ? noteOwner(resource, undefined, defaulted, context) : defaulted;
  strategy.prepareForCreate?.(object, context);
  const { name = '' } = object.metadata ?? {};
  await registry.admit({
    operation: 'CREATE',
    scope,
    name,
    subresource: '',
    object,
    previous: undefined,
    context,
  });
  const errors = [...checkNewMetadata(resource, object), ...strategy.validateCreate(object, context)];
  if (errors.length > 0) throw invalid(resource, name, errors);
  for (const warning of strategy.warnings?.(object) ?? []) context.warn(warning);
  return object;
}

function newMetadata({ resource, namespace }: Scope, object: ApiObject, nowMs: number): ObjectMeta {
  const given = object.metadata ?? {};
  if (given.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  const {
    resourceVersion: _version,
    selfLink: _link,
    deletionTimestamp: _time,
    deletionGracePeriodSeconds: _grace,
    ...metadata
  } = given;
  if (resource.namespaced && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  const name = metadata.name || (metadata.generateName ? randomName(metadata.generateName) : undefined);
  return {
    ...(name === undefined ? {} : { name }),
    ...metadata,
    ...(name === undefined ? {} : { name }),
    ...(resource.namespaced ? { namespace } : {}),
    uid: randomUUID(),
    creationTimestamp: new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z'),
    ...(resource.strategy.countsGenerations === true ? { generation: 1 } : {}),
  };
}
