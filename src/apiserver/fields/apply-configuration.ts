/** Server-side apply: a program says all the fields that it cares for, and owns them from then on. */
import type { StatusCause } from '../../model/api/types.ts';
import type { ApiObject } from '../api-object.ts';
import { badRequest, StatusError } from '../errors/status-error.ts';
import { apiVersionOf } from '../registry/request-scope.ts';
import { fieldsOfObject } from './compare-fields.ts';
import { EMPTY, type FieldSet, intersection, isEmpty, paths, union } from './field-set.ts';
import { printPath } from './field-shape.ts';
import {
  type Manager,
  ownerKey,
  type Ownership,
  type Ownerships,
  readManagedFields,
  withOwner,
  writeManagedFields,
} from './managed-fields.ts';
import { ApplyError, mergeApplied, pruneUnowned } from './merge-applied.ts';
import { othersAfter, ownable, shapeFor, touched, type Write } from './owned-fields.ts';

export interface Application extends Write {
  /** Takes the fields that others own. */
  readonly force: boolean;
}

/** Who owned everything before anybody was noted. */
const UNKNOWN = 'before-first-apply';

/**
 * The object as it is after the configuration, with its owners noted in `metadata.managedFields`.
 * @param live nothing when there is no such object yet
 * @throws StatusError Conflict with a cause for each field that somebody else owns, unless forced; BadRequest
 */
export function applyConfiguration(
  live: ApiObject | undefined,
  configuration: ApiObject,
  application: Application,
): ApiObject {
  const { resource, writer, now, force } = application;
  if ((configuration.metadata?.managedFields ?? []).length > 0)
    throw badRequest('metadata.managedFields must be nil');
  const shape = shapeFor(resource);
  const owners = ownersOf(live, application);
  const { managedFields: _, ...metadata } = live?.metadata ?? {};
  const present = live === undefined ? undefined : { ...live, metadata };
  const merged = merge(present, configuration, application);
  const key = ownerKey(writer);
  const applied = withOwner(
    owners,
    writer,
    ownable(fieldsOfObject(configuration, shape), resource, writer.subresource),
    now,
  );
  const owned = Array.from(applied.values(), ({ fields }) => fields).reduce(union, EMPTY);
  const last = owners.get(key)?.fields ?? EMPTY;
  const next = pruneUnowned(merged, shape, last, owned) as ApiObject;
  const { changed, removed } = touched(present, next, resource, writer.subresource);
  if (!force) refuseConflicts(applied, key, changed);
  const managedFields = writeManagedFields(othersAfter(applied, key, changed, removed, now));
  return {
    ...next,
    metadata: { ...next.metadata, ...(managedFields.length === 0 ? {} : { managedFields }) },
  };
}

function ownersOf(live: ApiObject | undefined, { resource, writer, now }: Application): Ownerships {
  const entries = live?.metadata?.managedFields;
  const owners = readManagedFields(entries) ?? new Map<string, Ownership>();
  if (live === undefined || owners.size > 0) return owners;
  const unknown: Manager = {
    manager: UNKNOWN,
    operation: 'Update',
    subresource: '',
    apiVersion: writer.apiVersion,
  };
  return withOwner(owners, unknown, touched(undefined, live, resource, '').changed, now);
}

function merge(live: ApiObject | undefined, configuration: ApiObject, { resource }: Application): ApiObject {
  try {
    return mergeApplied(live ?? {}, configuration, shapeFor(resource)) as ApiObject;
  } catch (error) {
    if (!(error instanceof ApplyError)) throw error;
    const { namespace = '', name = '' } = configuration.metadata ?? {};
    const object = `${namespace}/${name}; ${apiVersionOf(resource)}, Kind=${resource.kind}`;
    throw badRequest(`failed to create typed patch object (${object}): ${error.message}`);
  }
}

function refuseConflicts(owners: Ownerships, writer: string, changed: FieldSet): void {
  const conflicts: { owner: string; path: string }[] = [];
  for (const [key, owner] of owners) {
    if (key === writer) continue;
    const both = intersection(owner.fields, changed);
    if (isEmpty(both)) continue;
    for (const path of paths(both)) conflicts.push({ owner: printOwner(owner), path: printPath(path) });
  }
  const [first] = conflicts;
  if (first === undefined) return;
  const message =
    conflicts.length === 1
      ? `Apply failed with 1 conflict: conflict with ${first.owner}: ${first.path}`
      : `Apply failed with ${conflicts.length} conflicts: ${byOwner(conflicts)}`;
  const causes = conflicts.map(
    ({ owner, path }): StatusCause => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${owner}`,
      field: path,
    }),
  );
  throw new StatusError('Conflict', message, { causes });
}

function byOwner(conflicts: readonly { owner: string; path: string }[]): string {
  const groups = Map.groupBy(conflicts, ({ owner }) => owner);
  return Array.from(
    groups,
    ([owner, group]) => `conflicts with ${owner}:\n${group.map(({ path }) => `- ${path}`).join('\n')}`,
  )
    .toSorted()
    .join('\n');
}

function printOwner({ manager, subresource, operation, apiVersion }: Ownership): string {
  const where = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  const using = operation === 'Update' ? ` using ${apiVersion}` : '';
  return `${JSON.stringify(manager)}${where}${using}`;
}
