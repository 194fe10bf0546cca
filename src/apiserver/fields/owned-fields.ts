/** Who owns what after a write. @see structured-merge-diff/merge/update.go, apimachinery/pkg/util/managedfields */
import { fillZeroValues } from '../../model/defaults/zero-values.ts';
import type { ApiObject } from '../api-object.ts';
import type { Resource } from '../resource.ts';
import { compareFields } from './compare-fields.ts';
import { difference, EMPTY, type FieldSet, fieldSet, MEMBER, union, without } from './field-set.ts';
import { type FieldShape, shapeOf } from './field-shape.ts';
import { type Manager, ownerKey, type Ownership, type Ownerships, withOwner } from './managed-fields.ts';

export const NOBODYS_METADATA = [
  'name',
  'namespace',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generateName',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
] as const;

/** What the server keeps by itself has no owner. */
const NOBODYS = fieldSet(false, [
  ['f:apiVersion', MEMBER],
  ['f:kind', MEMBER],
  [
    'f:metadata',
    fieldSet(
      false,
      NOBODYS_METADATA.map((name): [string, FieldSet] => [`f:${name}`, MEMBER]),
    ),
  ],
]);
const STATUS = 'f:status';
const WITH_STATUS = union(NOBODYS, fieldSet(false, [[STATUS, MEMBER]]));

/** Of a set of fields, those that a write there can own: the status is its subresource's. */
export function ownable(set: FieldSet, resource: Resource, subresource: string): FieldSet {
  if (subresource === 'status') return fieldSet(false, [[STATUS, set.children.get(STATUS) ?? EMPTY]]);
  const { isMember: _, ...fields } = without(set, resource.hasStatus === true ? WITH_STATUS : NOBODYS);
  const metadata = fields.children.get('f:metadata');
  // Everything has metadata; nobody makes it.
  if (metadata?.isMember !== true) return { isMember: false, ...fields };
  return fieldSet(false, [...fields.children, ['f:metadata', { ...metadata, isMember: false }]]);
}

export interface Write {
  readonly resource: Resource;
  readonly writer: Manager;
  readonly now: string;
}

/** The fields that a write touched are its writer's alone; those that are gone are nobody's. */
export function ownersAfterUpdate(
  owners: Ownerships,
  previous: ApiObject | undefined,
  next: ApiObject,
  { resource, writer, now }: Write,
): Ownerships {
  const { changed, removed } = touched(previous, next, resource, writer.subresource);
  const key = ownerKey(writer);
  const others = othersAfter(owners, key, changed, removed, now);
  const own = difference(union(owners.get(key)?.fields ?? EMPTY, changed), removed);
  return withOwner(others, writer, own, now);
}

/** The fields that a change from one object to the other touches. */
export function touched(
  previous: ApiObject | undefined,
  next: ApiObject,
  resource: Resource,
  subresource: string,
): { changed: FieldSet; removed: FieldSet } {
  const before = previous ?? emptyObjectOf(resource);
  const { changed, removed } = compareFields(before, next, shapeFor(resource));
  return {
    changed: ownable(changed, resource, subresource),
    removed: ownable(removed, resource, subresource),
  };
}

/** What others keep when one writer has changed and removed fields. */
export function othersAfter(
  owners: Ownerships,
  writer: string,
  changed: FieldSet,
  removed: FieldSet,
  now: string,
): Ownerships {
  let next = owners;
  for (const [key, owner] of owners) {
    if (key === writer) continue;
    const left: FieldSet = difference(difference(owner.fields, changed), removed);
    next = withOwner(next, managerOf(owner), left, owner.time ?? now);
  }
  return next;
}

function managerOf({ manager, operation, subresource, apiVersion }: Ownership): Manager {
  return { manager, operation, subresource, apiVersion };
}

export function shapeFor({ typeName }: Resource): FieldShape {
  return shapeOf(typeName);
}

const emptyObjects = new Map<string, ApiObject>();

/** What an object is before anybody has said anything: the fields that every object of its type has. Not to be changed. */
export function emptyObjectOf({ typeName }: Resource): ApiObject {
  const known = emptyObjects.get(typeName);
  if (known !== undefined) return known;
  const object: ApiObject = { metadata: {} };
  fillZeroValues(object, typeName);
  emptyObjects.set(typeName, object);
  return object;
}
