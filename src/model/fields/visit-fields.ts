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
export function visitFields(value: unknown, typeName: string, path: string): SetField[] {
  const found: SetField[] = [];
  visitObject(value, typeName, path, found);
  return found;
}

const HONOURED: Verdict = { kind: 'honoured' };

function visitObject(value: unknown, typeName: string, path: string, found: SetField[]): void {
  if (!isRecord(value)) return;
  const verdicts = verdictsOf(typeName);
  const fields = fieldsOf(typeName);
  for (const [name, child] of Object.entries(value)) {
    const field = fields?.get(name);
    if (field === undefined || child === undefined) continue;
    const verdict = verdicts?.get(name) ?? HONOURED;
    const fieldPath = `${path}.${name}`;
    found.push({ path: fieldPath, typeName, name, value: child, verdict });
    if (verdict.kind !== 'refused') visitInside(child, field.type, fieldPath, found);
  }
}

function visitInside(value: unknown, type: FieldType, path: string, found: SetField[]): void {
  if (type.kind === 'object') visitObject(value, type.name, path, found);
  else if (type.kind === 'list' && type.of.kind !== 'primitive' && Array.isArray(value))
    for (const [index, item] of value.entries()) visitInside(item, type.of, `${path}[${index}]`, found);
}

/** Whether a value says the same as saying nothing. */
export function isUnset(value: unknown): boolean {
  return value === false || value === '' || (Array.isArray(value) && value.length === 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
