/** Whether an object's fields hold what the API says they hold: lists, maps, texts, numbers. */
import type { FieldErrors } from '../../../model/field-error.ts';
import { type FieldType, fieldsOf } from '../../../model/structure.ts';

/** Checks the fields of those names; fields that the type does not have are overlooked. */
export function checkFields(
  typeName: string,
  value: unknown,
  field: string,
  names: readonly string[],
  errors: FieldErrors,
): void {
  if (value === undefined) return;
  if (!isObject(value)) {
    errors.invalid(field, value, 'must be an object');
    return;
  }
  const types = fieldsOf(typeName);
  for (const name of names) {
    const type = types?.get(name)?.type;
    if (type && value[name] !== undefined) check(type, value[name], joined(field, name), errors);
  }
}

function joined(field: string, name: string): string {
  return field === '' ? name : `${field}.${name}`;
}

function check(type: FieldType, value: unknown, field: string, errors: FieldErrors): void {
  switch (type.kind) {
    case 'list':
      if (!Array.isArray(value)) errors.invalid(field, value, 'must be a list');
      else for (const [index, item] of value.entries()) check(type.of, item, `${field}[${index}]`, errors);
      return;
    case 'map':
      if (!isObject(value)) errors.invalid(field, value, 'must be an object');
      else for (const [key, item] of Object.entries(value)) check(type.of, item, `${field}[${key}]`, errors);
      return;
    case 'object':
      checkFields(type.name, value, field, isObject(value) ? Object.keys(value) : [], errors);
      if (isObject(value)) checkRequired(type.name, value, field, errors);
      return;
    case 'primitive':
      checkPrimitive(type.name, value, field, errors);
  }
}

function checkRequired(
  typeName: string,
  value: Readonly<Record<string, unknown>>,
  field: string,
  errors: FieldErrors,
): void {
  for (const [name, { required }] of fieldsOf(typeName) ?? []) {
    if (required && value[name] === undefined) errors.required(joined(field, name));
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const JS_TYPES: Readonly<Record<string, readonly string[]>> = {
  string: ['string'],
  byte: ['string'],
  time: ['string'],
  microtime: ['string'],
  int: ['number'],
  double: ['number'],
  boolean: ['boolean'],
  intOrString: ['number', 'string'],
  quantity: ['number', 'string'],
};

function checkPrimitive(name: string, value: unknown, field: string, errors: FieldErrors): void {
  const allowed = JS_TYPES[name];
  if (allowed === undefined) return;
  if (!allowed.includes(typeof value)) errors.invalid(field, value, `must be a ${allowed.join(' or a ')}`);
}
