import type { ApiObject } from '../api-object.ts';
import {
  type Manager,
  type Ownership,
  type Ownerships,
  readManagedFields,
  writeManagedFields,
} from '../fields/managed-fields.ts';
import { newObjectFields } from '../fields/new-object-fields.ts';
import { ownersAfterUpdate } from '../fields/owned-fields.ts';
import type { Resource } from '../resource.ts';
import { apiVersionOf, type RequestContext } from './request-scope.ts';

const NO_ONE: Ownerships = new Map<string, Ownership>();

/** Notes in `metadata.managedFields` which fields the author of a write now owns. */
export function noteOwner(
  resource: Resource,
  previous: ApiObject | undefined,
  next: ApiObject,
  context: RequestContext,
  subresource = '',
): ApiObject {
  const before = withoutOwners(previous);
  const { object: after, entries: given } = withoutOwners(next) ?? { object: next, entries: undefined };
  const live = readManagedFields(before?.entries) ?? NO_ONE;
  // Who does not know of owners must not take them away by accident; one empty entry takes them away on purpose.
  const isReset = subresource === '' && given?.length === 1 && Object.keys(given[0] ?? {}).length === 0;
  const sent = subresource === '' ? readManagedFields(given) : undefined;
  const owners = isReset ? NO_ONE : sent === undefined || sent.size === 0 ? live : sent;
  // Nobody has noted from the start: what was there before would be somebody's by chance.
  if (isReset || (previous !== undefined && owners.size === 0)) return after;
  const writer: Manager = {
    manager: context.fieldManager ?? 'unknown',
    operation: 'Update',
    subresource,
    apiVersion: apiVersionOf(resource),
  };
  const now = timestamp(context.nowMs);
  const managedFields = writeManagedFields(
    ownersAfterUpdate(owners, before?.object, after, { resource, writer, now }),
  );
  if (managedFields.length === 0) return after;
  return { ...after, metadata: { ...after.metadata, managedFields } };
}

/**
 * `metadata.managedFields` of a new object of which nobody has said yet who owns it, as JSON text: who makes it owns all of it.
 * Nothing when there is nothing to own.
 * @param knownSpec what `newSpecFields` says of the object's specification, where it is at hand
 */
export function makersFields(
  resource: Resource,
  object: ApiObject,
  { fieldManager = 'unknown', nowMs }: RequestContext,
  knownSpec?: string,
): string | undefined {
  const fieldsV1 = newObjectFields(object, resource, knownSpec);
  if (fieldsV1 === undefined) return undefined;
  const [manager, apiVersion] = [JSON.stringify(fieldManager), JSON.stringify(apiVersionOf(resource))];
  return `[{"manager":${manager},"operation":"Update","apiVersion":${apiVersion},"time":"${timestamp(nowMs)}","fieldsType":"FieldsV1","fieldsV1":${fieldsV1}}]`;
}

let lastSecond = Number.NaN;
let lastTimestamp = '';

/** As metav1.Time is written: whole seconds. */
export function timestamp(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== lastSecond) {
    lastTimestamp = `${new Date(nowMs).toISOString().slice(0, -'.000Z'.length)}Z`;
    lastSecond = second;
  }
  return lastTimestamp;
}

function withoutOwners(object: ApiObject | undefined) {
  if (object === undefined) return undefined;
  const { managedFields: entries, ...metadata } = object.metadata ?? {};
  return { object: { ...object, metadata }, entries };
}
