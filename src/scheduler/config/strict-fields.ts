/** Reads objects of a configuration strictly: what is not known is an error that names the field. */
import type { FieldErrors } from '../../model/field-error.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** The object, or an empty one after noting what is wrong; fields other than `known` are errors. */
export function readObject(
  value: unknown,
  field: string,
  known: readonly string[],
  errors: FieldErrors,
): Fields {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    errors.invalid(field, value, 'must be an object');
    return {};
  }
  const fields = Object.fromEntries(Object.entries(value));
  for (const name of Object.keys(fields)) {
    if (!known.includes(name))
      errors.notSupported(field === '' ? name : `${field}.${name}`, fields[name], known);
  }
  return fields;
}

export function readList(value: unknown, field: string, errors: FieldErrors): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  errors.invalid(field, value, 'must be a list');
  return [];
}

export function readString(value: unknown, field: string, errors: FieldErrors): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value;
  errors.invalid(field, value, 'must be a string');
  return undefined;
}

export function readStrings(value: unknown, field: string, errors: FieldErrors): string[] {
  return readList(value, field, errors).flatMap(
    (item, index) => readString(item, `${field}[${index}]`, errors) ?? [],
  );
}

export function readWhole(
  value: unknown,
  field: string,
  range: readonly [least: number, most: number],
  errors: FieldErrors,
): number | undefined {
  if (value === undefined) return undefined;
  const [least, most] = range;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  const shown = typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  errors.invalid(field, shown, `must be a whole number from ${least} to ${most}`);
  return undefined;
}

export function readBoolean(value: unknown, field: string, errors: FieldErrors): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  errors.invalid(field, value, 'must be true or false');
  return undefined;
}
