/**
 * A required field that a client leaves out has its type's zero value, as in Kubernetes, whose decoder does not tell
 * one from the other: validation then names it.
 */
import { oncePerType } from '../once-per-type.ts';
import { type FieldType, fieldsOf } from '../structure.ts';

/** What is asked for by its absence: validation tells it from an empty one. */
const NEVER_FILLED: ReadonlySet<string> = new Set(['LabelSelector']);

/** Fills in, in place; the status is written by programs and left alone. */
export function fillZeroValues(object: Record<string, unknown>, typeName: string): void {
  for (const { name, type, isFilled, isInside } of planOf(typeName)) {
    const value = object[name];
    if (value !== undefined) {
      if (isInside) fillInside(value, type);
      continue;
    }
    const zero = isFilled ? zeroOf(type) : undefined;
    if (zero === undefined) continue;
    object[name] = zero;
    if (isInside) fillInside(zero, type);
  }
}

interface Planned {
  readonly name: string;
  readonly type: FieldType;
  /** It is filled in where it is missing. */
  readonly isFilled: boolean;
  /** Something can be missing in it. */
  readonly isInside: boolean;
}

/** The fields that are to be looked at: most can neither be filled in nor hold what can. */
const planOf = oncePerType((typeName): readonly Planned[] => {
  const plan: Planned[] = [];
  for (const [name, { type, required }] of fieldsOf(typeName) ?? []) {
    if (name === 'status') continue;
    const isFilled = required || isSpec(name, type);
    const isInside = holdsFilled(type, new Set());
    if (isFilled || isInside) plan.push({ name, type, isFilled, isInside });
  }
  return plan;
});

function holdsFilled(type: FieldType, seen: Set<string>): boolean {
  if (type.kind === 'primitive') return false;
  if (type.kind !== 'object') return holdsFilled(type.of, seen);
  if (seen.has(type.name)) return false;
  seen.add(type.name);
  return [...(fieldsOf(type.name) ?? [])].some(
    ([name, field]) =>
      name !== 'status' && (field.required || isSpec(name, field.type) || holdsFilled(field.type, seen)),
  );
}

function isSpec(name: string, type: FieldType): boolean {
  return name === 'spec' && type.kind === 'object';
}

function fillInside(value: unknown, type: FieldType): void {
  if (typeof value !== 'object' || value === null) return;
  if (type.kind === 'object') fillZeroValues(value as Record<string, unknown>, type.name);
  else if (type.kind !== 'primitive') for (const item of Object.values(value)) fillInside(item, type.of);
}

function zeroOf(type: FieldType): unknown {
  if (type.kind === 'list') return [];
  if (type.kind === 'map') return {};
  if (type.kind === 'object') return NEVER_FILLED.has(type.name) ? undefined : {};
  switch (type.name) {
    case 'string':
    case 'byte':
      return '';
    case 'int':
    case 'long':
    case 'double':
    case 'intOrString':
      return 0;
    case 'boolean':
      return false;
    default:
      return undefined;
  }
}
