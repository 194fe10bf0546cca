/** @see RFC 6902 (JSON Patch), RFC 6901 (JSON Pointer) */
import { isDeepStrictEqual } from 'node:util';
import { copyPlain } from '../../model/copy-plain.ts';

/** What is wrong with a patch, or with the document that it is laid over. */
export class JsonPatchError extends Error {
  override readonly name = 'JsonPatchError';
}

/** As kube-apiserver limits them. */
const MAX_OPERATIONS = 10_000;
const MAX_COPIED_CHARACTERS = 3 * 1024 * 1024;

interface Root {
  value: unknown;
  /** The length of all that was copied, as JSON. */
  copied: number;
}

type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly path: string; readonly from: string };

/**
 * The document after all operations. Both arguments stay as they are.
 * @throws JsonPatchError with nothing done
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw new JsonPatchError('a JSON patch must be a list of operations');
  if (patch.length > MAX_OPERATIONS) {
    throw new JsonPatchError(
      `the allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  const root: Root = { value: copyPlain(document), copied: 0 };
  try {
    for (const [index, operation] of patch.entries()) apply(root, readOperation(operation, index));
  } catch (error) {
    if (error instanceof RangeError) throw new JsonPatchError('the document becomes nested too deeply');
    throw error;
  }
  return root.value;
}

function readOperation(value: unknown, index: number): Operation {
  const { op, path, from } = (value ?? {}) as Record<string, unknown>;
  const where = `operation ${index}`;
  if (typeof path !== 'string') throw new JsonPatchError(`${where} has no path`);
  switch (op) {
    case 'add':
    case 'replace':
    case 'test': {
      if (!Object.hasOwn(value as object, 'value') && op !== 'test')
        throw new JsonPatchError(`${where} has no value`);
      return { op, path, value: (value as { value?: unknown }).value ?? null };
    }
    case 'remove':
      return { op, path };
    case 'move':
    case 'copy':
      if (typeof from !== 'string') throw new JsonPatchError(`${where} has no from`);
      return { op, path, from };
    default:
      throw new JsonPatchError(`${where}: unexpected kind: ${JSON.stringify(op ?? null)}`);
  }
}

function apply(root: Root, operation: Operation): void {
  switch (operation.op) {
    case 'add':
      return add(root, operation.path, copyPlain(operation.value));
    case 'remove':
      take(root, operation.path);
      return;
    case 'replace':
      find(root, operation.path);
      if (operation.path !== '') take(root, operation.path);
      return add(root, operation.path, copyPlain(operation.value));
    case 'test':
      if (isDeepStrictEqual(find(root, operation.path, true), operation.value)) return;
      throw new JsonPatchError(`testing value ${operation.path} failed`);
    case 'copy':
      return add(root, operation.path, copy(root, operation.from));
    case 'move':
      if (operation.path.startsWith(`${operation.from}/`))
        throw new JsonPatchError(`cannot move ${operation.from} into itself`);
      return add(root, operation.path, take(root, operation.from));
  }
}

/** Copies of copies grow fast: what is copied in one patch is limited. */
function copy(root: Root, from: string): unknown {
  const text = JSON.stringify(find(root, from)) ?? 'null';
  root.copied += text.length;
  if (root.copied > MAX_COPIED_CHARACTERS) {
    throw new JsonPatchError(
      `unable to complete the copy, the accumulated size increase of copy is ${root.copied}, exceeding the limit ${MAX_COPIED_CHARACTERS}`,
    );
  }
  return JSON.parse(text);
}

function segments(path: string): string[] {
  if (path === '') return [];
  if (!path.startsWith('/'))
    throw new JsonPatchError(`the path ${JSON.stringify(path)} does not begin with /`);
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function find(root: Root, path: string, mayMiss = false): unknown {
  let value = root.value;
  for (const part of segments(path)) {
    const next = child(value, part);
    if (next === undefined) {
      if (mayMiss) return null;
      throw missing(path);
    }
    value = next.value;
  }
  return value;
}

/** Own fields only: nobody reaches a prototype. */
function child(parent: unknown, part: string): { value: unknown } | undefined {
  if (Array.isArray(parent)) {
    const index = indexOf(part, parent.length - 1);
    return index === undefined ? undefined : { value: parent[index] as unknown };
  }
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, part)) return undefined;
  return { value: (parent as Record<string, unknown>)[part] };
}

function indexOf(part: string, most: number): number | undefined {
  const index = /^(?:0|[1-9]\d{0,8})$/.test(part) ? Number(part) : Number.NaN;
  return index <= most ? index : undefined;
}

function parentOf(root: Root, path: string): { parent: unknown; last: string } {
  const parts = segments(path);
  const last = parts.pop() ?? '';
  const above = parts.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { parent: find(root, above), last };
}

function add(root: Root, path: string, value: unknown): void {
  if (path === '') {
    root.value = value;
    return;
  }
  const { parent, last } = parentOf(root, path);
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : indexOf(last, parent.length);
    if (index === undefined) throw missing(path);
    parent.splice(index, 0, value);
  } else if (typeof parent === 'object' && parent !== null) {
    Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true });
  } else throw missing(path);
}

function take(root: Root, path: string): unknown {
  if (path === '') throw new JsonPatchError('the whole document cannot be removed');
  const { parent, last } = parentOf(root, path);
  const found = child(parent, last);
  if (found === undefined) throw missing(path);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as Record<string, unknown>)[last];
  return found.value;
}

function missing(path: string): JsonPatchError {
  return new JsonPatchError(`the path ${JSON.stringify(path)} does not exist`);
}
