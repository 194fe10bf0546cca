import { canonicalQuantity, tryParseQuantity } from '../quantity.ts';
import { type FieldType, fieldsOf } from '../structure.ts';

/** Writes every quantity in an object of an API type canonically, in place: `0.5` becomes `500m`. */
export function canonicalizeQuantities(object: object, typeName: string): void {
  rewrite(object, { kind: 'object', name: typeName });
}

function rewrite(value: unknown, type: FieldType): unknown {
  if (type.kind === 'primitive') {
    const isQuantity = type.name === 'quantity' && typeof value === 'string' && tryParseQuantity(value);
    return isQuantity ? canonicalQuantity(value) : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (type.kind === 'list') {
    if (Array.isArray(value) && type.of.kind !== 'primitive')
      for (const item of value) rewrite(item, type.of);
    return value;
  }
  const fields = type.kind === 'object' ? fieldsOf(type.name) : undefined;
  const record = value as Record<string, unknown>;
  for (const key of Object.keys(record)) {
    const fieldType = type.kind === 'map' ? type.of : fields?.get(key)?.type;
    if (fieldType === undefined || key === '__proto__') continue;
    const rewritten = rewrite(record[key], fieldType);
    if (rewritten !== record[key]) record[key] = rewritten;
  }
  return value;
}
