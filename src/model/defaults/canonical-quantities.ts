import { canonicalQuantity, tryParseQuantity } from '../quantity.ts';
import { type FieldType, fieldsOf } from '../structure.ts';

/** Writes every quantity in an object of an API type canonically, in place: `0.5` becomes `500m`. */
export function canonicalizeQuantities(object: object, typeName: string): void {
  rewrite(object, { kind: 'object', name: typeName });
}

const holders = new Map<string, boolean>();

/** Whether there can be a quantity in a value of a type: most of an object need not be looked at. */
function holdsQuantity(type: FieldType): boolean {
  if (type.kind === 'primitive') return type.name === 'quantity';
  if (type.kind !== 'object') return holdsQuantity(type.of);
  let holds = holders.get(type.name);
  if (holds === undefined) holders.set(type.name, (holds = reachesQuantity(type.name, new Set())));
  return holds;
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
  if (typeof value !== 'object' || value === null) return value;
  if (type.kind === 'list') {
    if (Array.isArray(value))
      for (const [index, item] of value.entries()) value[index] = rewrite(item, type.of);
    return value;
  }
  const fields = type.kind === 'object' ? fieldsOf(type.name) : undefined;
  const record = value as Record<string, unknown>;
  for (const key of Object.keys(record)) {
    const fieldType = type.kind === 'map' ? type.of : fields?.get(key)?.type;
    if (fieldType === undefined || key === '__proto__' || !holdsQuantity(fieldType)) continue;
    const rewritten = rewrite(record[key], fieldType);
    if (rewritten !== record[key]) record[key] = rewritten;
  }
  return value;
}
