/**
 * The fields of a new object as its maker's `fieldsV1`, as JSON text: what `ownersAfterUpdate` and `toFieldsV1` come to when nothing
 * was there before and nobody owns anything, without the sets and objects in between. Most writes of a busy server are new objects.
 */
import type { ApiObject } from '../api-object.ts';
import type { Resource } from '../resource.ts';
import { elementOf, type FieldShape, fieldShapes, isSameValue } from './field-shape.ts';
import { emptyObjectOf, NOBODYS_METADATA, shapeFor } from './owned-fields.ts';

/** A field by itself, with nothing below. */
const ALONE = '{}';
const SELF = '".":{}';
const NONE: ReadonlySet<string> = new Set();
const NOBODYS: ReadonlySet<string> = new Set(NOBODYS_METADATA);
const ROOT: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);
const ROOT_WITH_STATUS: ReadonlySet<string> = new Set([...ROOT, 'status']);
const METADATA = 'ObjectMeta';

/** Nothing when there is nothing to own. */
export function newObjectFields(object: ApiObject, resource: Resource): string | undefined {
  const shape = shapeFor(resource);
  if (shape.kind !== 'struct') return undefined;
  const empty = emptyObjectOf(resource) as Record<string, unknown>;
  const skipped = resource.hasStatus === true ? ROOT_WITH_STATUS : ROOT;
  const members = structMembers(empty, object, shape.typeName, skipped);
  // Everything has metadata; nobody makes it.
  const metadata = structMembers({}, { ...object.metadata }, METADATA, NOBODYS);
  if (metadata.length > 0) members.push(['f:metadata', wrapped(metadata, false)]);
  return members.length === 0 ? undefined : wrapped(inOrder(members), false);
}

type Member = readonly [element: string, text: string];

function added(before: unknown, after: unknown, shape: FieldShape): string | undefined {
  if (after === undefined || after === null) return undefined;
  const isNew = before === undefined || before === null;
  const members = shape.kind === 'leaf' ? undefined : membersOf(isNew ? undefined : before, after, shape);
  if (members === undefined) return isSameValue(before, after) ? undefined : ALONE;
  if (members.length === 0) return isNew ? ALONE : undefined;
  return wrapped(members, isNew);
}

/** The parts that are owned, in order; nothing for what has not the shape that it should have. */
function membersOf(before: unknown, after: unknown, shape: FieldShape): Member[] | undefined {
  switch (shape.kind) {
    case 'leaf':
      return undefined;
    case 'struct':
      if (!isRecord(after) || !(before === undefined || isRecord(before))) return undefined;
      return structMembers(before, after, shape.typeName, NONE);
    case 'map':
      if (!isRecord(after) || !(before === undefined || isRecord(before))) return undefined;
      return inOrder(
        Object.keys(after).map((name) => [`f:${name}`, added(ownOf(before, name), after[name], shape.of)]),
      );
    case 'set':
    case 'list':
      if (!Array.isArray(after) || !(before === undefined || Array.isArray(before))) return undefined;
      return listMembers(before ?? [], after, shape);
  }
}

function structMembers(
  before: Readonly<Record<string, unknown>> | undefined,
  after: Readonly<Record<string, unknown>>,
  typeName: string,
  skipped: ReadonlySet<string>,
): Member[] {
  const members: Member[] = [];
  for (const [name, shape] of fieldShapes(typeName)) {
    const value = after[name];
    if (value === undefined || value === null || skipped.has(name)) continue;
    const text = added(before?.[name], value, shape);
    if (text !== undefined) members.push([`f:${name}`, text]);
  }
  return members;
}

function listMembers(
  before: readonly unknown[],
  after: readonly unknown[],
  shape: FieldShape & { kind: 'set' | 'list' },
): Member[] {
  const element = (item: unknown, index: number): string =>
    shape.kind === 'set' ? `v:${JSON.stringify(item)}` : (elementOf(item, shape) ?? `i:${index}`);
  const old = new Map(before.map((item, index) => [element(item, index), item]));
  const inside: FieldShape = shape.kind === 'set' ? { kind: 'leaf' } : shape.of;
  return inOrder(
    after.map((item, index) => {
      const name = element(item, index);
      return [name, added(old.get(name), item, inside)];
    }),
  );
}

/** Those that are there, each once: of two by the same element the later one stands. */
function inOrder(members: readonly (readonly [string, string | undefined])[]): Member[] {
  const present = members.filter((member): member is Member => member[1] !== undefined);
  if (present.length < 2) return present;
  const sorted = present.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.filter(([element], index) => element !== sorted[index + 1]?.[0]);
}

const quoted = new Map<string, string>();
const MAX_QUOTED = 5000;

function wrapped(members: readonly Member[], withSelf: boolean): string {
  let text = withSelf ? `{${SELF}` : '{';
  for (const [element, inside] of members)
    text += `${text.length > 1 ? ',' : ''}${quotedElement(element)}:${inside}`;
  return `${text}}`;
}

function quotedElement(element: string): string {
  let text = quoted.get(element);
  if (text !== undefined) return text;
  if (quoted.size >= MAX_QUOTED) quoted.clear();
  quoted.set(element, (text = JSON.stringify(element)));
  return text;
}

function ownOf(record: Readonly<Record<string, unknown>> | undefined, name: string): unknown {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
