import { randomUUID } from 'node:crypto';
import { copyPlain } from '../../model/copy-plain.ts';
import type { ManagedFieldsEntry, ObjectMeta } from '../../model/api/types.ts';
import { isPeapodError, PeapodError } from '../../model/errors.ts';
import type { ApiObject } from '../api-object.ts';
import type { ServedObject } from '../cache/served-object.ts';
import { encodeStored, StoredObject, withoutManagedFields } from '../cache/stored-object.ts';
import { alreadyExists, badRequest, invalid } from '../errors/status-error.ts';
import { lifetimeOf } from './lifetime.ts';
import { checkNewMetadata } from './object-rules.ts';
import { makersFields, noteOwner, timestamp } from './note-owner.ts';
import { randomName } from './random-name.ts';
import type { Registry } from './registry.ts';
import { type RequestContext, type Scope, apiVersionOf, storeKey } from './request-scope.ts';
import { withoutEmpty } from './without-empty.ts';

/** How often a generated name that is taken is made anew. */
const NAME_TRIES = 8;

/** What was stored, or would have been. */
export type CreatedObject = Pick<ServedObject, 'copy' | 'json'>;

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
): Promise<CreatedObject> {
  const { resource } = scope;
  const generated = !input.metadata?.name && Boolean(input.metadata?.generateName);
  for (let attempt = 1; ; attempt += 1) {
    const own = generated ? copyPlain(input) : input;
    const prepared = await prepare(registry, scope, own, context, notesOwner);
    try {
      return await (context.dryRun === true ? pretend : store)(registry, scope, prepared);
    } catch (error) {
      if (!isPeapodError(error, 'AlreadyExists')) throw error;
      const name = prepared.object.metadata?.name ?? '';
      if (!generated || attempt >= NAME_TRIES) throw alreadyExists(resource, name);
    }
  }
}

/** All but the write. @throws PeapodError AlreadyExists */
async function pretend(registry: Registry, scope: Scope, prepared: Prepared): Promise<CreatedObject> {
  const key = storeKey(scope, prepared.object.metadata?.name ?? '');
  if ((await registry.store.get(key)) !== undefined)
    throw new PeapodError('AlreadyExists', `there is a key ${JSON.stringify(key)} already`);
  return unstored(whole(prepared));
}

async function store(registry: Registry, scope: Scope, prepared: Prepared): Promise<CreatedObject> {
  const { resource } = scope;
  const key = storeKey(scope, prepared.object.metadata?.name ?? '');
  const options = lifetimeOf(resource);
  if (resource.toStored !== undefined) {
    const object = whole(prepared);
    const revision = await registry.store.create(key, encodeStored(resource.toStored(object)), options);
    return unstored(atRevision(object, revision));
  }
  const { object, managedFields } = prepared;
  const value = encodeStored(object, managedFields);
  const revision = await registry.store.create(key, value, options);
  const entry = { key, value, createRevision: revision, modRevision: revision };
  return StoredObject.noteWritten(entry, withoutManagedFields(atRevision(object, revision)));
}

function atRevision(object: ApiObject, revision: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

function unstored(object: ApiObject): CreatedObject {
  return { copy: () => copyPlain(object), json: Buffer.from(JSON.stringify(object)) };
}

/** An object that is ready to be stored. */
interface Prepared {
  readonly object: ApiObject;
  /** What the object's metadata does not have of them, as JSON text. */
  readonly managedFields: string | undefined;
}

function whole({ object, managedFields }: Prepared): ApiObject {
  if (managedFields === undefined) return object;
  const parsed = JSON.parse(managedFields) as ManagedFieldsEntry[];
  return { ...object, metadata: { ...object.metadata, managedFields: parsed } };
}

async function prepare(
  registry: Registry,
  scope: Scope,
  input: ApiObject,
  context: RequestContext,
  notesOwner: boolean,
): Promise<Prepared> {
  const { resource } = scope;
  const { strategy } = resource;
  input.metadata = withoutEmpty(newMetadata(scope, input, context.nowMs));
  const defaulted = strategy.applyDefaults?.(input) ?? input;
  defaulted.apiVersion = apiVersionOf(resource);
  defaulted.kind = resource.kind;
  // What admission adds is nobody's.
  const isOwned = notesOwner && defaulted.metadata?.managedFields !== undefined;
  const object = isOwned ? noteOwner(resource, undefined, defaulted, context) : defaulted;
  const managedFields = notesOwner && !isOwned ? makersFields(resource, object, context) : undefined;
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
  return { object, managedFields };
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
    creationTimestamp: timestamp(nowMs),
    ...(resource.strategy.countsGenerations === true ? { generation: 1 } : {}),
  };
}
