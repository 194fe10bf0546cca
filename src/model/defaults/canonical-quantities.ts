import { oncePerType } from '../once-per-type.ts';
import { canonicalQuantity, tryParseQuantity } from '../quantity.ts';
import { type FieldType, fieldsOf } from '../structure.ts';

/** Writes every quantity in an object of an API type canonically, in place: `0.5` becomes `500m`. */
export function canonicalizeQuantities(object: object, typeName: string): void {
  rewrite(object, { kind: 'object', name: typeName });
}

const typeHoldsQuantity = oncePerType((typeName) => reachesQuantity(typeName, new Set()));

/** Whether there can be a quantity in a value of a type: most of an object need not be looked at. */
function holdsQuantity(type: FieldType): boolean {
  if (type.kind === 'primitive') return type.name === 'quantity';
  if (type.kind !== 'object') return holdsQuantity(type.of);
  return typeHoldsQuantity(type.name);
}

function reachesQuantity(typeName: string, seen: Set<string>): boolean {
  seen.add(typeName);
  return [...(fieldsOf(typeName)?.values() ?? [])].some(({ type }) => {
    let inner = type;
    while (inner.kind === 'list' || inner.kind === 'map') inner = inner.of;
    if (inner.kind === 'primitive') return inner.name === 'quantity';
    return !seen.has(inner.name) && reachesQuantity(inner.name, seen);
  });
}

function rewrite(value: unknown, type: FieldType): unknown {
  if (type.kind === 'primitive') {
    const isQuantity = typeof value === 'string' && tryParseQuantity(value) !== undefined;
    return isQuantity ? canonicalQuantity(value) : value;
  }
  if (typeof value !== 'object' || value === null || !holdsQuantity(type)) return value;
  if (type.kind === 'list') {
    if (Array.isArray(value))
      for (let index = 0; index < value.length; index += 1) value[index] = rewrite(value[index], type.of);
    return value;
  }
  const record = value as Record<string, unknown>;
  if (type.kind === 'object') {
    for (const field of fieldsToRewrite(type.name)) rewriteField(record, field.name, field.type);
  } else {
    for (const key of Object.keys(record)) if (key !== '__proto__') rewriteField(record, key, type.of);
  }
  return value;
}

function rewriteField(record: Record<string, unknown>, name: string, type: FieldType): void {
  const before = record[name];
  if (before === undefined) return;
  const after = rewrite(before, type);
  if (after !== before) record[name] = after;
}

const fieldsToRewrite = oncePerType((typeName) =>
  Array.from(fieldsOf(typeName) ?? [], ([name, { type }]) => ({ name, type })).filter(({ type }) =>
    holdsQuantity(type),
  ),
);
