/**
 * The fields of a new object as its maker's `fieldsV1`: what `ownersAfterUpdate` and `toFieldsV1` come to when nothing was there
 * before and nobody owns anything, without the sets in between. Most writes of a busy server are new objects.
 */
import type { ApiObject } from '../api-object.ts';
import type { Resource } from '../resource.ts';
import { type FieldShape, isSameValue, partsOf } from './field-shape.ts';
import { emptyObjectOf, NOBODYS_METADATA, shapeFor } from './owned-fields.ts';

type FieldsV1 = Record<string, unknown>;

const SELF = '.';
const METADATA = 'f:metadata';
/** A field by itself. Every object has dozens: they share one. */
const ALONE: FieldsV1 = Object.freeze({});

/** Nothing when there is nothing to own. */
export function newObjectFields(object: ApiObject, resource: Resource): FieldsV1 | undefined {
  const { [SELF]: _, ...fields } = added(emptyObjectOf(resource), object, shapeFor(resource)) ?? {};
  delete fields['f:apiVersion'];
  delete fields['f:kind'];
  if (resource.hasStatus === true) delete fields['f:status'];
  const metadata = fields[METADATA];
  if (metadata !== undefined) {
    // Everything has metadata; nobody makes it.
    const { [SELF]: _own, ...own } = metadata as FieldsV1;
    for (const name of NOBODYS_METADATA) delete own[`f:${name}`];
    if (Object.keys(own).length > 0) fields[METADATA] = own;
    else delete fields[METADATA];
  }
  return Object.keys(fields).length === 0 ? undefined : fields;
}

function added(before: unknown, after: unknown, shape: FieldShape): FieldsV1 | undefined {
  if (after === undefined || after === null) return undefined;
  const isNew = before === undefined || before === null;
  const parts = partsOf(after, shape);
  const partsBefore = isNew ? undefined : partsOf(before, shape);
  const isWhole = shape.kind === 'leaf' || parts === undefined || (!isNew && partsBefore === undefined);
  if (isWhole) return isSameValue(before, after) ? undefined : ALONE;
  const old = partsBefore === undefined ? undefined : new Map(partsBefore.map((part) => [part[0], part[1]]));
  const children: [string, FieldsV1][] = [];
  for (const [element, item, itemShape] of parts) {
    const child = added(old?.get(element), item, itemShape);
    if (child !== undefined) children.push([element, child]);
  }
  if (children.length === 0) return isNew ? ALONE : undefined;
  if (children.length > 1) children.sort(([a], [b]) => (a < b ? -1 : 1));
  if (isNew) children.unshift([SELF, ALONE]);
  // Made of entries, not assigned: a key named __proto__ is a key like any other.
  return Object.fromEntries(children);
}
