/**
 * The fields of a new object as its maker's `fieldsV1`, as JSON text: what `ownersAfterUpdate` and `toFieldsV1` come to when nothing
 * was there before and nobody owns anything, without the sets and objects in between. Most writes of a busy server are new objects.
 */
import type { ApiObject } from '../api-object.ts';
import { oncePerType } from '../../model/once-per-type.ts';
import type { Resource } from '../resource.ts';
import { elementOf, type FieldShape, fieldShapes, isSameValue } from './field-shape.ts';
import { emptyObjectOf, NOBODYS_METADATA, shapeFor } from './owned-fields.ts';

/** A field by itself, with nothing below. */
const ALONE = '{}';
const SELF = '".":{}';
const NONE: ReadonlySet<string> = new Set();
const NOBODYS: ReadonlySet<string> = new Set(NOBODYS_METADATA);
const ROOT: ReadonlySet<string> = new Set(['apiVersion', 'kind']);
const ROOT_WITH_STATUS: ReadonlySet<string> = new Set([...ROOT, 'status']);
const METADATA = 'ObjectMeta';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Nothing when there is nothing to own.
 * @param known what `newSpecFields` says of the object's specification, where it is at hand
 */
export function newObjectFields(object: ApiObject, resource: Resource, known?: string): string | undefined {
  const shape = shapeFor(resource);
  if (shape.kind !== 'struct') return undefined;
  const empty = emptyObjectOf(resource) as Fields;
  const skipped = resource.hasStatus === true ? ROOT_WITH_STATUS : ROOT;
  let members = '';
  for (const field of plannedFields(shape.typeName)) {
    const { name } = field;
    if (skipped.has(name)) continue;
    // Everything has metadata; nobody makes it.
    if (name === 'metadata')
      members = joined(
        members,
        field.head,
        between(structMembers({}, { ...object.metadata }, METADATA, NOBODYS)),
      );
    else if (name === 'spec' && known !== undefined) members = joined(members, '', known || undefined);
    else members = joined(members, field.head, added(empty[name], object[name], field.shape));
  }
  return between(members);
}

/** The member `"f:spec":{…}` of `newObjectFields`; empty when nothing of it is owned. */
export function newSpecFields(spec: unknown, resource: Resource): string {
  const shape = shapeFor(resource);
  const field =
    shape.kind === 'struct' ? plannedFields(shape.typeName).find(({ name }) => name === 'spec') : undefined;
  if (field === undefined) return '';
  return joined('', field.head, added((emptyObjectOf(resource) as Fields)['spec'], spec, field.shape));
}

function added(before: unknown, after: unknown, shape: FieldShape): string | undefined {
  if (after === undefined || after === null) return undefined;
  const isNew = before === undefined || before === null;
  const members = shape.kind === 'leaf' ? undefined : membersOf(isNew ? undefined : before, after, shape);
  if (members === undefined) return isSameValue(before, after) ? undefined : ALONE;
  if (!isNew) return between(members);
  return members === '' ? ALONE : `{${SELF},${members}}`;
}

function between(members: string): string | undefined {
  return members === '' ? undefined : `{${members}}`;
}

/** @param head the element that the member is known by, as a key of JSON with its colon */
function joined(members: string, head: string, member: string | undefined): string {
  if (member === undefined) return members;
  return members === '' ? head + member : `${members},${head}${member}`;
}

/** The parts that are owned, in order, as members of JSON; nothing for what has not the shape that it should have. */
function membersOf(before: unknown, after: unknown, shape: FieldShape): string | undefined {
  switch (shape.kind) {
    case 'leaf':
      return undefined;
    case 'struct':
      if (!isRecord(after) || !(before === undefined || isRecord(before))) return undefined;
      return structMembers(before, after, shape.typeName, NONE);
    case 'map':
      if (!isRecord(after) || !(before === undefined || isRecord(before))) return undefined;
      return mapMembers(before, after, shape.of);
    case 'set':
    case 'list':
      if (!Array.isArray(after) || !(before === undefined || Array.isArray(before))) return undefined;
      return listMembers(before ?? [], after, shape);
  }
}

function structMembers(
  before: Fields | undefined,
  after: Fields,
  typeName: string,
  skipped: ReadonlySet<string>,
): string {
  let members = '';
  for (const { name, head, shape } of plannedFields(typeName)) {
    const value = after[name];
    if (value === undefined || value === null || skipped.has(name)) continue;
    members = joined(members, head, added(before?.[name], value, shape));
  }
  return members;
}

function mapMembers(before: Fields | undefined, after: Fields, of: FieldShape): string {
  const names = Object.keys(after);
  // What is sorted already, as most is, need not be again: that makes garbage.
  if (names.some((name, index) => index > 0 && name < (names[index - 1] ?? ''))) names.sort();
  let members = '';
  for (const name of names)
    members = joined(members, headOf(`f:${name}`), added(ownOf(before, name), after[name], of));
  return members;
}

function listMembers(
  before: readonly unknown[],
  after: readonly unknown[],
  shape: FieldShape & { kind: 'set' | 'list' },
): string {
  const element = (item: unknown, index: number): string =>
    shape.kind === 'set' ? `v:${JSON.stringify(item)}` : (elementOf(item, shape) ?? `i:${index}`);
  const inside: FieldShape = shape.kind === 'set' ? LEAF : shape.of;
  const [only] = after;
  if (after.length === 1 && before.length === 0)
    return joined('', headOf(element(only, 0)), added(undefined, only, inside));
  const old = new Map(before.map((item, index) => [element(item, index), item]));
  const present: (readonly [element: string, text: string])[] = [];
  for (const [index, item] of after.entries()) {
    const name = element(item, index);
    const text = added(old.get(name), item, inside);
    if (text !== undefined) present.push([name, text]);
  }
  present.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  let members = '';
  for (const [index, [name, text]] of present.entries()) {
    // Each once: of two by the same element the later one stands.
    if (name !== present[index + 1]?.[0]) members = joined(members, headOf(name), text);
  }
  return members;
}

const LEAF: FieldShape = { kind: 'leaf' };

interface PlannedField {
  readonly name: string;
  /** `"f:name":` */
  readonly head: string;
  readonly shape: FieldShape;
}

/** The fields of a type in the order of their path elements. */
const plannedFields = oncePerType((typeName): readonly PlannedField[] =>
  Array.from(fieldShapes(typeName), ([name, shape]) => ({
    name,
    head: `${JSON.stringify(`f:${name}`)}:`,
    shape,
  })),
);

const heads = new Map<string, string>();
const MAX_HEADS = 5000;

function headOf(element: string): string {
  let head = heads.get(element);
  if (head !== undefined) return head;
  if (heads.size >= MAX_HEADS) heads.clear();
  heads.set(element, (head = `${JSON.stringify(element)}:`));
  return head;
}

function ownOf(record: Fields | undefined, name: string): unknown {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
