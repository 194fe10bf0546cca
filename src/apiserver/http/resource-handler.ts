/** Serves every resource's verbs, from its description. */
import { methodNotAllowed, noSuchResource, notFound } from '../errors/status-error.ts';
import { servedAs } from '../cache/served-object.ts';
import { checkReadable, leftOut } from '../registry/damage.ts';
import { listObjects } from '../registry/list-objects.ts';
import { storeKey } from '../registry/request-scope.ts';
import { scopeOf } from './scope-of.ts';
import type { CallHandler, ResourceCall, SubresourceHandlers } from './api.ts';
import { handleCreate, handleDelete, handleDeleteCollection, handleUpdate } from './handle-writes.ts';
import { handlePatch } from './handle-patch.ts';
import { readListQuery } from './collection-queries.ts';
import { writeList, writeServed } from './write-objects.ts';
import { handleWatch } from './handle-watch.ts';

const HANDLERS: Partial<Record<string, CallHandler>> = {
  get: handleGet,
  list: handleList,
  watch: handleWatch,
  create: handleCreate,
  update: handleUpdate,
  patch: handlePatch,
  delete: handleDelete,
  deletecollection: handleDeleteCollection,
};

/** @throws StatusError */
export function handleResource(
  call: ResourceCall,
  subresource: SubresourceHandlers | undefined,
): Promise<void> {
  const { verb } = call.info;
  if (call.target.subresource !== '' || subresource !== undefined) {
    if (subresource === undefined) throw noSuchResource();
    const handler = subresource[verb as 'get'];
    if (handler === undefined) throw methodNotAllowed();
    return handler(call);
  }
  const needsName = verb === 'update' || verb === 'patch';
  if (needsName && call.target.name === '') throw methodNotAllowed();
  const handler = HANDLERS[verb];
  const verbs: readonly string[] | undefined = call.resource.verbs;
  if (handler === undefined || verbs?.includes(verb) === false) throw methodNotAllowed();
  return handler(call);
}

async function handleGet(call: ResourceCall): Promise<void> {
  const scope = scopeOf(call);
  await call.registry.cache.caughtUp();
  const stored = call.registry.cache.get(storeKey(scope, call.target.name));
  if (stored === undefined) checkReadable(call.registry.cache, scope, call.target.name);
  if (stored === undefined) throw notFound(call.resource, call.target.name);
  writeServed(call, 200, servedAs(call.resource, stored));
}

async function handleList(call: ResourceCall): Promise<void> {
  const query = readListQuery(call.resource, call.info.query);
  const page = await listObjects(call.registry, scopeOf(call), query);
  const missing = leftOut(call.registry.cache, scopeOf(call));
  if (missing !== undefined) call.context.warn(missing);
  writeList(call, page);
}
