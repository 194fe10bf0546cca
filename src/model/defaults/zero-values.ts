/**
 * A required field that a client leaves out has its type's zero value, as in Kubernetes, whose decoder does not tell
 * one from the other: validation then names it.
 */
import { type FieldType, fieldsOf } from '../structure.ts';

/** What is asked for by its absence: validation tells it from an empty one. */
const NEVER_FILLED: ReadonlySet<string> = new Set(['LabelSelector']);

/** Fills in, in place; the status is written by programs and left alone. */
export function fillZeroValues(object: Record<string, unknown>, typeName: string): void {
  for (const [name, { type, required }] of fieldsOf(typeName) ?? []) {
    if (name === 'status') continue;
    if (object[name] === undefined && (required || isSpec(name, type))) {
      const zero = zeroOf(type);
      if (zero !== undefined) object[name] = zero;
    }
    fillInside(object[name], type);
  }
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
