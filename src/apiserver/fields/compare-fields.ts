/** Which fields an object has, and which a change touched. @see structured-merge-diff/typed */
import { EMPTY, type FieldSet, fieldSet, MEMBER } from './field-set.ts';
import { type FieldShape, isSameValue, type Part, partsOf } from './field-shape.ts';

export interface Comparison {
  /** Added or given another value. */
  readonly changed: FieldSet;
  readonly removed: FieldSet;
}

const SAME: Comparison = { changed: EMPTY, removed: EMPTY };

/** Every field of an object: the leaves, the keys of maps, the elements of lists, and what is empty. */
export function fieldsOfObject(value: unknown, shape: FieldShape): FieldSet {
  const parts = partsOf(value, shape);
  if (parts === undefined) return MEMBER;
  return fieldSet(
    false,
    parts.map(([element, item, itemShape]): [string, FieldSet] => {
      const below = fieldsOfObject(item, itemShape);
      const isOwn = shape.kind !== 'struct' || isEmptyObject(item);
      return [element, isOwn ? { ...below, isMember: true } : below];
    }),
  );
}

/** What has come, changed and gone. Elements of lists are the same wherever they stand. */
export function compareFields(before: unknown, after: unknown, shape: FieldShape): Comparison {
  if (before === after) return SAME;
  const partsBefore = partsOf(before ?? undefined, shape);
  const partsAfter = partsOf(after ?? undefined, shape);
  const isThere = {
    before: before !== undefined && before !== null,
    after: after !== undefined && after !== null,
  };
  const isWhole = shape.kind === 'leaf' || (isThere.before && !partsBefore) || (isThere.after && !partsAfter);
  if (isWhole) {
    if (!isThere.after) return isThere.before ? { changed: EMPTY, removed: MEMBER } : SAME;
    return isSameValue(before, after) ? SAME : { changed: MEMBER, removed: EMPTY };
  }
  const changed: [string, FieldSet][] = [];
  const removed: [string, FieldSet][] = [];
  const old = new Map((partsBefore ?? []).map((part): [string, Part] => [part[0], part]));
  for (const [element, item, itemShape] of partsAfter ?? []) {
    const below = compareFields(old.get(element)?.[1], item, itemShape);
    old.delete(element);
    changed.push([element, below.changed]);
    removed.push([element, below.removed]);
  }
  for (const [element, item, itemShape] of old.values())
    removed.push([element, compareFields(item, undefined, itemShape).removed]);
  return {
    changed: fieldSet(isThere.after && !isThere.before, changed),
    removed: fieldSet(isThere.before && !isThere.after, removed),
  };
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}
