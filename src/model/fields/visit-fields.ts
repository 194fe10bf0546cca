import { type FieldType, fieldsOf } from '../structure.ts';
import { verdictsOf } from './field-verdict.ts';
import type { Verdict } from './verdict.ts';

export interface SetField {
  /** `spec.containers[0].tty` */
  readonly path: string;
  readonly typeName: string;
  readonly name: string;
  readonly value: unknown;
  readonly verdict: Verdict;
}

/** Every field that is there in an object of a type, those below a refused one left out. */
export function* visitFields(value: unknown, typeName: string, path: string): Generator<SetField> {
  if (!isRecord(value)) return;
  const verdicts = verdictsOf(typeName);
  for (const [name, field] of fieldsOf(typeName) ?? []) {
    const child = value[name];
    if (child === undefined) continue;
    const verdict = verdicts?.get(name) ?? { kind: 'honoured' };
    const fieldPath = `${path}.${name}`;
    yield { path: fieldPath, typeName, name, value: child, verdict };
    if (verdict.kind !== 'refused') yield* visitInside(child, field.type, fieldPath);
  }
}

function* visitInside(value: unknown, type: FieldType, path: string): Generator<SetField> {
  if (type.kind === 'object') yield* visitFields(value, type.name, path);
  else if (type.kind === 'list' && Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* visitInside(item, type.of, `${path}[${index}]`);
  }
}

/** Whether a value says the same as saying nothing. */
export function isUnset(value: unknown): boolean {
  return value === false || value === '' || (Array.isArray(value) && value.length === 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
