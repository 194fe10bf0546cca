/** Turns a parsed YAML node into an object of an API type, complaining about what does not fit. */
import { isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { FieldErrors, formatFieldError } from '../field-error.ts';
import { type FieldType, fieldsOf } from '../structure.ts';
import { decodeScalar } from './decode-scalar.ts';
import type { ManifestProblem } from './manifest-error.ts';
import { didYouMean } from './nearest-name.ts';
import type { ParsedDocument, Position } from './parse-documents.ts';

const MAX_DEPTH = 100;
/** Counted with every alias expanded, so that a few lines cannot grow without bound. */
const MAX_VALUES = 500_000;

export interface DecodedObject {
  readonly value: Record<string, unknown>;
  readonly problems: readonly ManifestProblem[];
  /** Where each field stands, by its path. */
  readonly positions: ReadonlyMap<string, Position>;
}

export function decodeObject(document: ParsedDocument, root: Node, typeName: string): DecodedObject {
  const decoder = new Decoder(document);
  const value = decoder.decode(root, { kind: 'object', name: typeName }, '', 0);
  return {
    value: isRecord(value) ? value : {},
    problems: decoder.problems,
    positions: decoder.positions,
  };
}

class Decoder {
  readonly problems: ManifestProblem[] = [];
  readonly positions = new Map<string, Position>();
  readonly #document: ParsedDocument;
  #values = 0;

  constructor(document: ParsedDocument) {
    this.#document = document;
  }

  /** `undefined` stands for null and for what could not be decoded. */
  decode(node: Node | null, type: FieldType, path: string, depth: number): unknown {
    if (node === null) return undefined;
    if (!this.positions.has(path)) this.positions.set(path, this.#document.position(node));
    if (!this.#withinBounds(node, path, depth)) return undefined;
    const actual = this.#resolve(node, path);
    if (actual === undefined || (isScalar(actual) && actual.value === null)) return undefined;
    switch (type.kind) {
      case 'object':
        return this.#decodeFields(actual, type.name, path, depth);
      case 'map':
        return this.#decodeMap(actual, type.of, path, depth);
      case 'list':
        return this.#decodeList(actual, type.of, path, depth);
      case 'primitive':
        break;
    }
    if (type.name === 'any' && isMap(actual)) return this.#decodeMap(actual, type, path, depth);
    if (type.name === 'any' && isSeq(actual)) return this.#decodeList(actual, type, path, depth);
    if (!isScalar(actual)) return this.#wrongType(actual, path, `a ${type.name}`);
    const errors = new FieldErrors();
    const value = decodeScalar(actual, type.name, path, errors);
    for (const error of errors.list) this.#report(node, path, formatFieldError(error));
    return value;
  }

  #decodeFields(node: Node, typeName: string, path: string, depth: number): unknown {
    if (!isMap(node)) return this.#wrongType(node, path, 'an object');
    const fields = fieldsOf(typeName) ?? new Map();
    const value: Record<string, unknown> = {};
    for (const [name, { key, item }] of this.#entries(node, path, depth)) {
      const fieldPath = path === '' ? name : `${path}.${name}`;
      const field = fields.get(name);
      if (field === undefined) {
        const hint = didYouMean(name, fields.keys());
        this.#report(key, fieldPath, `unknown field ${JSON.stringify(fieldPath)}${hint}`);
        continue;
      }
      this.positions.set(fieldPath, this.#document.position(key));
      const decoded = this.decode(item, field.type, fieldPath, depth + 1);
      if (decoded !== undefined) value[name] = decoded;
    }
    // The status is written by programs, and those parts that nobody knows may be left out.
    if (path === 'status' || path.startsWith('status.')) return value;
    for (const [name, field] of fields) {
      const fieldPath = path === '' ? name : `${path}.${name}`;
      const complained = this.problems.some((problem) => problem.field.startsWith(fieldPath));
      if (field.required && value[name] === undefined && !complained)
        this.#report(node, fieldPath, `${fieldPath}: Required value`);
    }
    return value;
  }

  #decodeMap(node: Node, of: FieldType, path: string, depth: number): unknown {
    if (!isMap(node)) return this.#wrongType(node, path, 'an object');
    const value: Record<string, unknown> = {};
    for (const [name, { key, item }] of this.#entries(node, path, depth)) {
      const fieldPath = `${path}[${name}]`;
      this.positions.set(fieldPath, this.#document.position(key));
      const isString = of.kind === 'primitive' && of.name === 'string';
      const decoded = this.decode(item, of, fieldPath, depth + 1) ?? (isString ? '' : undefined);
      // Defined, not assigned: a key named __proto__ is a key like any other.
      if (decoded !== undefined) {
        Object.defineProperty(value, name, {
          value: decoded,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
    }
    return value;
  }

  #decodeList(node: Node, of: FieldType, path: string, depth: number): unknown {
    if (!isSeq(node)) return this.#wrongType(node, path, 'a list');
    const list: unknown[] = [];
    for (const [index, item] of node.items.entries()) {
      const itemPath = `${path}[${index}]`;
      const before = this.problems.length;
      const decoded = this.decode(item as Node | null, of, itemPath, depth + 1);
      if (decoded === undefined && this.problems.length === before) {
        this.#report(node, itemPath, `${itemPath}: Invalid value: null: must not be null`);
      }
      list.push(decoded);
    }
    return list;
  }

  /** The pairs of a map by key, with `<<` merged in: own keys win, then the first merged map that has the key. */
  #entries(node: YAMLMap, path: string, depth: number): Map<string, Entry> {
    const own = new Map<string, Entry>();
    const merged = new Map<string, Entry>();
    for (const pair of node.items) {
      const key = pair.key as Node | null;
      const item = pair.value as Node | null;
      if (!isScalar(key)) {
        this.#report(key ?? node, path, `${path || 'the object'} has a key that is no string`);
        continue;
      }
      if (key.value === '<<' && key.type === 'PLAIN') {
        for (const [name, entry] of this.#merged(item, path, depth)) {
          if (!merged.has(name)) merged.set(name, entry);
        }
        continue;
      }
      const name = typeof key.value === 'number' ? (key.source ?? String(key.value)) : String(key.value);
      if (own.has(name)) {
        this.#report(
          key,
          path === '' ? name : `${path}.${name}`,
          `duplicate field ${JSON.stringify(path === '' ? name : `${path}.${name}`)}`,
        );
        continue;
      }
      own.set(name, { key, item });
    }
    for (const [name, entry] of merged) if (!own.has(name)) own.set(name, entry);
    return own;
  }

  #merged(item: Node | null, path: string, depth: number): Map<string, Entry> {
    if (item === null || !this.#withinBounds(item, path, depth)) return new Map();
    const target = this.#resolve(item, path);
    if (isMap(target)) return this.#entries(target, path, depth + 1);
    const all = new Map<string, Entry>();
    if (!isSeq(target)) {
      this.#report(item, path, `${path || 'the object'} merges what is no object`);
      return all;
    }
    for (const part of target.items) {
      for (const [name, entry] of this.#merged(part as Node | null, path, depth + 1)) {
        if (!all.has(name)) all.set(name, entry);
      }
    }
    return all;
  }

  #resolve(node: Node, path: string): Node | undefined {
    if (!isAlias(node)) return node;
    const target = this.#document.target(node);
    if (target === undefined)
      this.#report(node, path, `there is no anchor &${node.source} before this alias`);
    return target;
  }

  #withinBounds(node: Node, path: string, depth: number): boolean {
    if (this.#values > MAX_VALUES) return false;
    if (depth > MAX_DEPTH) {
      this.#report(node, path, `nested deeper than ${MAX_DEPTH} levels`);
      return false;
    }
    this.#values++;
    if (this.#values <= MAX_VALUES) return true;
    this.#report(node, path, `holds more than ${MAX_VALUES} values once its aliases are expanded`);
    return false;
  }

  #wrongType(node: Node, path: string, wanted: string): undefined {
    const found = isMap(node) ? 'an object' : isSeq(node) ? 'a list' : foundScalar(node);
    this.#report(node, path, `${path || 'the document'}: Invalid value: ${found}: must be ${wanted}`);
    return undefined;
  }

  #report(node: Node, field: string, message: string): void {
    if (this.problems.length < 100) this.problems.push({ message, field, ...this.#document.position(node) });
  }
}

interface Entry {
  readonly key: Node;
  readonly item: Node | null;
}

function foundScalar(node: Node): string {
  const value = isScalar(node) ? node.value : undefined;
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : String(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
