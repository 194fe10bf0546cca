import { copyPlain } from '../../model/copy-plain.ts';
import type { ApiObject } from '../api-object.ts';
import { badRequest, notFound, StatusError } from '../errors/status-error.ts';
import { IGNORE_READ_ERROR } from '../registry/damage.ts';
import { createObject } from '../registry/create-object.ts';
import { deleteDamaged } from '../registry/delete-damaged.ts';
import { deleteObject } from '../registry/delete-object.ts';
import { listObjects } from '../registry/list-objects.ts';
import { updateObject } from '../registry/update-object.ts';
import { objectRules, type UpdateRules } from '../registry/update-rules.ts';
import type { Resource } from '../resource.ts';
import type { ResourceCall } from './api.ts';
import { readListQuery } from './collection-queries.ts';
import { readBody } from './read-body.ts';
import { readObject } from './read-object.ts';
import { readDeleteOptions } from './query-options.ts';
import { scopeOf } from './scope-of.ts';
import { sendJson } from './respond.ts';
import { writeObject, writeServed } from './write-objects.ts';

export async function handleCreate(call: ResourceCall): Promise<void> {
  if (call.target.name !== '')
    throw new StatusError('MethodNotAllowed', 'create is not allowed on a named resource');
  if (call.resource.namespaced && call.target.namespace === '')
    throw badRequest('an empty namespace may not be set during creation');
  const object = await readObject(call, call.resource);
  writeServed(call, 201, await createObject(call.registry, scopeOf(call), object, call.context));
}

export function handleUpdate(call: ResourceCall): Promise<void> {
  return replaceWith(call, objectRules(call.resource));
}

/** PUT: what is sent takes the place of what is there. */
export async function replaceWith(call: ResourceCall, rules: UpdateRules): Promise<void> {
  const object = await readObject(call, call.resource);
  const { name } = call.target;
  if (!object.metadata?.name)
    throw badRequest(
      `the name of the object (${object.metadata?.name ?? ''} based on URL) was undeterminable: name must be provided`,
    );
  const mayCreate = rules.subresource === '' && call.resource.strategy.createsOnUpdate === true;
  try {
    const updated = await updateObject(
      call.registry,
      scopeOf(call),
      name,
      () => {
        checkConditional(call.resource, object);
        return copyPlain(object);
      },
      rules,
      call.context,
    );
    writeObject(call, 200, updated);
  } catch (error) {
    if (!mayCreate || !isNotFound(error)) throw error;
    await call.authorizeAs('create');
    writeServed(call, 201, await createObject(call.registry, scopeOf(call), object, call.context));
  }
}

/** Unlike a patch, what is sent whole would overwrite what it does not know. */
function checkConditional({ strategy }: Resource, { metadata }: ApiObject): void {
  const { resourceVersion = '' } = metadata ?? {};
  if (strategy.unconditionalUpdates === false && (resourceVersion === '' || resourceVersion === '0'))
    throw badRequest('metadata.resourceVersion: Invalid value: 0: must be specified for an update');
}

function isNotFound(error: unknown): boolean {
  return error instanceof StatusError && error.reason === 'NotFound';
}

export async function handleDelete(call: ResourceCall): Promise<void> {
  const options = readDeleteOptions(call.info.query, await readBody(call.request));
  const { target, context } = call;
  const dryRun = context.dryRun === true || (options.dryRun ?? []).length > 0;
  if (options[IGNORE_READ_ERROR] === true) {
    await call.authorizeAs('unsafe-delete-ignore-read-errors');
    await deleteDamaged(call.registry, scopeOf(call), target.name, options, { dryRun });
    return sendJson(call.response, 200, success(call, undefined));
  }
  const { object, isGone } = await deleteObject(call.registry, scopeOf(call), target.name, options, {
    ...context,
    dryRun,
  });
  if (!isGone) return writeObject(call, 200, object);
  sendJson(call.response, 200, success(call, object.metadata?.uid));
}

function success({ resource, target }: ResourceCall, uid: string | undefined): object {
  const { group, plural: kind } = resource;
  const details = { name: target.name, ...(group === '' ? {} : { group }), kind, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

export async function handleDeleteCollection(call: ResourceCall): Promise<void> {
  const { query } = call.info;
  const options = readDeleteOptions(query, await readBody(call.request));
  const { resource, context } = call;
  const page = await listObjects(call.registry, scopeOf(call), readListQuery(resource, query));
  const items: ApiObject[] = [];
  for (const { object } of page.items) {
    const { name = '', namespace = '' } = object.metadata ?? {};
    try {
      items.push((await deleteObject(call.registry, { resource, namespace }, name, options, context)).object);
    } catch (error) {
      // Somebody else deleted it first.
      if (!(error instanceof StatusError) || error.message !== notFound(resource, name).message) throw error;
    }
  }
  const metadata = { resourceVersion: String(page.revision) };
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  sendJson(call.response, 200, { kind: `${resource.kind}List`, apiVersion, metadata, items });
}
