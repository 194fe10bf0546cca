/** Makes what a client sent fit the type it claims to be: unknown fields go, wrong types are refused. */
import { type FieldType, fieldsOf, isInteger, type PrimitiveName } from '../../model/structure.ts';
import { normalTime } from './normal-time.ts';

export interface Fitted {
  readonly value: Record<string, unknown>;
  /** Paths of fields that nobody knows: `spec.containers[0].foo`. */
  readonly unknown: readonly string[];
  /** What has a wrong type: `spec.replicas: must be an integer`. */
  readonly wrong: readonly string[];
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_DEPTH = 100;
const MAX_COMPLAINTS = 50;

/** Nulls are what is not there; they go too. What fits as it is is not copied. */
export function fitType(value: unknown, typeName: string): Fitted {
  // Where things stand is asked only when something is wrong, which is seldom: to note it costs more than to look again.
  const { value: fitted, ...complaints } = fitWith(new Fitter(false), value, typeName);
  if (complaints.unknown.length + complaints.wrong.length === 0) return { value: fitted, ...complaints };
  return fitWith(new Fitter(true), value, typeName);
}

function fitWith(fitter: Fitter, value: unknown, typeName: string): Fitted {
  const fitted = fitter.fit(value, { kind: 'object', name: typeName }, '', 0);
  const { unknown, wrong } = fitter;
  return { value: (fitted ?? {}) as Record<string, unknown>, unknown, wrong };
}

class Fitter {
  readonly unknown: string[] = [];
  readonly wrong: string[] = [];
  readonly #notesPaths: boolean;

  /** @param notesPaths whether complaints are to name where they stand */
  constructor(notesPaths: boolean) {
    this.#notesPaths = notesPaths;
  }

  fit(value: unknown, type: FieldType, path: string, depth: number): unknown {
    if (value === null || value === undefined) return undefined;
    if (depth > MAX_DEPTH) return this.#wrong(path, `must not be nested deeper than ${MAX_DEPTH} levels`);
    switch (type.kind) {
      case 'list':
        return this.#fitList(value, type.of, path, depth);
      case 'map':
        return this.#fitMap(value, type.of, path, depth);
      case 'object':
        return this.#fitObject(value, type.name, path, depth);
      case 'primitive':
        return this.#fitPrimitive(value, type.name, path, depth);
    }
  }

  #fitList(value: unknown, of: FieldType, path: string, depth: number): unknown {
    if (!Array.isArray(value)) return this.#wrong(path, 'must be a list');
    const given: readonly unknown[] = value;
    let fitted: unknown[] | undefined;
    for (let index = 0; index < given.length; index += 1) {
      const at = this.#notesPaths ? `${path}[${index}]` : '';
      const fit = this.fit(given[index], of, at, depth + 1) ?? emptyOf(of);
      if (fitted === undefined && fit !== given[index]) fitted = given.slice(0, index);
      fitted?.push(fit);
    }
    return fitted ?? given;
  }

  #fitObject(value: unknown, typeName: string, path: string, depth: number): unknown {
    if (!isRecord(value)) return this.#wrong(path, 'must be an object');
    const fields = fieldsOf(typeName);
    const names = Object.keys(value);
    let fitted: Record<string, unknown> | undefined;
    for (let index = 0; index < names.length; index += 1) {
      const name = names[index] ?? '';
      const at = this.#below(path, name);
      const type = fields?.get(name)?.type;
      if (type === undefined && this.unknown.length < MAX_COMPLAINTS) this.unknown.push(at);
      const fit = type === undefined ? undefined : this.fit(value[name], type, at, depth + 1);
      if (fitted === undefined && fit !== value[name]) fitted = firstOf(value, names, index);
      if (fitted !== undefined && fit !== undefined) fitted[name] = fit;
    }
    return fitted ?? value;
  }

  #fitMap(value: unknown, of: FieldType, path: string, depth: number): unknown {
    if (!isRecord(value)) return this.#wrong(path, 'must be an object');
    const names = Object.keys(value);
    let fitted: Record<string, unknown> | undefined;
    for (let index = 0; index < names.length; index += 1) {
      const name = names[index] ?? '';
      const fit = this.fit(value[name], of, this.#below(path, name), depth + 1) ?? emptyOf(of);
      if (fitted === undefined && fit !== value[name]) fitted = firstOf(value, names, index);
      if (fitted !== undefined) setOwn(fitted, name, fit);
    }
    return fitted ?? value;
  }

  #fitPrimitive(value: unknown, name: PrimitiveName, path: string, depth: number): unknown {
    switch (name) {
      case 'any':
        return this.#bounded(value, path, depth);
      case 'int':
      case 'long':
        if (isInteger(value, name)) return value;
        return this.#wrong(path, Number.isInteger(value) ? 'is too large' : 'must be an integer');
      case 'double':
        return typeof value === 'number' ? value : this.#wrong(path, 'must be a number');
      case 'boolean':
        return typeof value === 'boolean' ? value : this.#wrong(path, 'must be a boolean');
      case 'intOrString':
        return typeof value === 'string' || isInteger(value, 'int')
          ? value
          : this.#wrong(path, 'must be an integer or a string');
      case 'quantity':
        if (typeof value === 'number') return String(value);
        return typeof value === 'string' ? value : this.#wrong(path, 'must be a quantity');
      case 'time':
      case 'microtime':
        return normalTime(value, name) ?? this.#wrong(path, 'must be a time like 2006-01-02T15:04:05Z');
      case 'byte':
        return isBase64(value) ? value : this.#wrong(path, 'must be base64');
      case 'string':
        return typeof value === 'string' ? value : this.#wrong(path, 'must be a string');
    }
  }

  #below(path: string, name: string): string {
    if (!this.#notesPaths) return '';
    return path === '' ? name : `${path}.${name}`;
  }

  #bounded(value: unknown, path: string, depth: number): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (depth > MAX_DEPTH) return this.#wrong(path, `must not be nested deeper than ${MAX_DEPTH} levels`);
    if (Array.isArray(value)) return value.map((item) => this.#bounded(item, path, depth + 1));
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.#bounded(item, path, depth + 1)]),
    );
  }

  #wrong(path: string, why: string): undefined {
    if (this.wrong.length < MAX_COMPLAINTS) this.wrong.push(`${path || 'the object'}: ${why}`);
    return undefined;
  }
}

/** The first fields of a value. */
function firstOf(
  value: Readonly<Record<string, unknown>>,
  names: readonly string[],
  count: number,
): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const name of names.slice(0, count)) setOwn(copy, name, value[name]);
  return copy;
}

/** `__proto__` is a key like any other, which assigning would make something else of. */
function setOwn(record: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') record[name] = value;
  else Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
}

/** As Go reads it: line breaks may stand in it. */
function isBase64(value: unknown): boolean {
  return typeof value === 'string' && BASE64.test(value.replaceAll(/[\r\n]/g, ''));
}

/** What a null in a list or map means to Go: the type's zero. */
function emptyOf(type: FieldType): unknown {
  if (type.kind === 'list') return [];
  if (type.kind === 'map' || type.kind === 'object') return {};
  if (type.name === 'int' || type.name === 'long' || type.name === 'double') return 0;
  if (type.name === 'boolean') return false;
  return type.name === 'any' ? null : '';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
