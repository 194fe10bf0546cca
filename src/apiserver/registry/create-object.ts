import { copyPlain } from '../../model/copy-plain.ts';
import type { ManagedFieldsEntry } from '../../model/api/types.ts';
import { isPeapodError, PeapodError } from '../../model/errors.ts';
import type { ApiObject } from '../api-object.ts';
import type { ServedObject } from '../cache/served-object.ts';
import { encodeStored, StoredObject, withoutManagedFields } from '../cache/stored-object.ts';
import { alreadyExists } from '../errors/status-error.ts';
import { lifetimeOf } from './lifetime.ts';
import { type Prepared, prepareObject } from './prepare-object.ts';
import type { Registry } from './registry.ts';
import { type RequestContext, type Scope, storeKey } from './request-scope.ts';

/** How often a generated name that is taken is made anew. */
const NAME_TRIES = 8;

/** What was stored, or would have been. */
export type CreatedObject = Pick<ServedObject, 'copy' | 'jsonParts'>;

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
    const prepared = await prepareObject(registry, scope, own, context, notesOwner);
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
  const value = encodeStored(object, managedFields, prepared.specJson);
  const revision = await registry.store.create(key, value, options);
  const entry = { key, value, createRevision: revision, modRevision: revision };
  const written = atRevision(object, revision);
  const isWithout = object.metadata?.managedFields === undefined;
  return StoredObject.noteWritten(entry, isWithout ? written : withoutManagedFields(written));
}

function atRevision(object: ApiObject, revision: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

function unstored(object: ApiObject): CreatedObject {
  return { copy: () => copyPlain(object), jsonParts: [Buffer.from(JSON.stringify(object))] };
}

function whole({ object, managedFields }: Prepared): ApiObject {
  if (managedFields === undefined) return object;
  const parsed = JSON.parse(managedFields) as ManagedFieldsEntry[];
  return { ...object, metadata: { ...object.metadata, managedFields: parsed } };
}
