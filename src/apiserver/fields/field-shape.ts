/** How server-side apply sees a value: what it is made of, and by what its parts are known. */
import { isDeepStrictEqual } from 'node:util';
import { ATOMIC, LIST_KEY_DEFAULTS, LIST_MAP_KEYS, SET_LISTS } from '../../model/api/apply-rules.ts';
import { type FieldType, fieldsOf } from '../../model/structure.ts';

export type FieldShape =
  /** A scalar, or what is taken whole. */
  | { readonly kind: 'leaf' }
  | { readonly kind: 'struct'; readonly typeName: string }
  | { readonly kind: 'map'; readonly of: FieldShape }
  | { readonly kind: 'set' }
  /** `keys`: the fields that an element is known by; with the values that they have when they are not said. */
  | {
      readonly kind: 'list';
      readonly of: FieldShape;
      readonly keys: readonly ListKey[];
      /** The same in the order in which a path element has them. */
      readonly sortedKeys: readonly ListKey[];
    };

interface ListKey {
  readonly name: string;
  readonly fallback: string | undefined;
}

/** A part of a value: its path element, itself and its shape. */
export type Part = readonly [element: string, value: unknown, shape: FieldShape];

const LEAF: FieldShape = { kind: 'leaf' };
const shapes = new Map<string, ReadonlyMap<string, FieldShape>>();

export function shapeOf(typeName: string): FieldShape {
  return ATOMIC.has(typeName) || fieldsOf(typeName) === undefined ? LEAF : { kind: 'struct', typeName };
}

/** The shapes of a type's fields by name, in the order of their path elements. */
export function fieldShapes(typeName: string): ReadonlyMap<string, FieldShape> {
  const known = shapes.get(typeName);
  if (known !== undefined) return known;
  const made = new Map<string, FieldShape>();
  const fields = [...(fieldsOf(typeName) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, { type }] of fields) made.set(name, shapeOfField(type, `${typeName}.${name}`));
  shapes.set(typeName, made);
  return made;
}

function shapeOfField(type: FieldType, path: string): FieldShape {
  if (ATOMIC.has(path)) return LEAF;
  switch (type.kind) {
    case 'primitive':
      return LEAF;
    case 'object':
      return shapeOf(type.name);
    case 'map':
      return { kind: 'map', of: shapeOfField(type.of, '') };
    case 'list': {
      if (SET_LISTS.has(path)) return { kind: 'set' };
      const keys = LIST_MAP_KEYS[path];
      if (keys === undefined) return LEAF;
      const listKeys = keys.map((name) => ({ name, fallback: LIST_KEY_DEFAULTS[`${path}.${name}`] }));
      return {
        kind: 'list',
        of: shapeOfField(type.of, ''),
        keys: listKeys,
        sortedKeys: listKeys.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      };
    }
  }
}

/** The parts of a value; nothing for what is taken whole, and for what has not the shape that it should have. */
export function partsOf(value: unknown, shape: FieldShape): Part[] | undefined {
  switch (shape.kind) {
    case 'leaf':
      return undefined;
    case 'struct': {
      const fields = fieldShapes(shape.typeName);
      return entriesOf(value)?.map(([name, item]) => [`f:${name}`, item, fields.get(name) ?? LEAF]);
    }
    case 'map':
      return entriesOf(value)?.map(([name, item]) => [`f:${name}`, item, shape.of]);
    case 'set':
      return Array.isArray(value)
        ? value.map((item: unknown) => [`v:${JSON.stringify(item)}`, item, LEAF])
        : undefined;
    case 'list':
      return Array.isArray(value)
        ? value.map((item: unknown, index) => [elementOf(item, shape) ?? `i:${index}`, item, shape.of])
        : undefined;
  }
}

/** Fields without a value are as good as not there. */
function entriesOf(value: unknown): [string, unknown][] | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
}

/** `k:{"name":"web"}`; nothing when the element does not say one of its keys. */
export function elementOf(item: unknown, { sortedKeys }: FieldShape & { kind: 'list' }): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const fields = item as Record<string, unknown>;
  let element = '';
  for (const { name, fallback } of sortedKeys) {
    const value = (Object.hasOwn(fields, name) ? fields[name] : undefined) ?? fallback;
    if (value === undefined) return undefined;
    element += `${element === '' ? '' : ','}${JSON.stringify(name)}:${JSON.stringify(value)}`;
  }
  return `k:{${element}}`;
}

export function isSameValue(a: unknown, b: unknown): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

/** `.spec.containers[name="web"].image` */
export function printPath(elements: readonly string[]): string {
  return elements.map(printElement).join('');
}

function printElement(element: string): string {
  const text = element.slice(2);
  switch (element[0]) {
    case 'k': {
      const keys = Object.entries(JSON.parse(text) as Record<string, unknown>);
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${text}]`;
    case 'i':
      return `[${text}]`;
    default:
      return `.${text}`;
  }
}
