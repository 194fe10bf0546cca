/**
 * Merges a patch into an object with what is known of its type: lists of things that have a name are merged by it.
 * @see kubernetes/staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go
 */
import { copyPlain } from '../../model/copy-plain.ts';
import { PATCH_MERGE_KEYS, REPLACED_OBJECTS } from '../../model/api/merge-keys.ts';
import { type FieldType, fieldsOf } from '../../model/structure.ts';

/** What is wrong with a patch. */
export class StrategicPatchError extends Error {
  override readonly name = 'StrategicPatchError';
}

type Json = Record<string, unknown>;

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';
const ORDER = '$setElementOrder/';
const ANY: FieldType = { kind: 'primitive', name: 'any' };

/**
 * The object after the patch; both arguments stay as they are.
 * @param typeName the type of the whole object, in the API's structure
 * @throws StrategicPatchError when the patch is malformed
 */
export function applyStrategicMergePatch(original: unknown, patch: unknown, typeName: string): Json {
  if (!isRecord(patch)) throw new StrategicPatchError('a strategic merge patch must be an object');
  return mergeObject(isRecord(original) ? original : {}, patch, { kind: 'object', name: typeName });
}

function mergeObject(original: Json, patch: Json, type: FieldType): Json {
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge')
    throw new StrategicPatchError(`Unknown patch directive type: ${JSON.stringify(directive)}`);
  const merged = new Map<string, unknown>(Object.entries(original));
  retain(merged, patch[RETAIN_KEYS]);
  for (const [key, value] of Object.entries(patch)) {
    if (key === DIRECTIVE || key === RETAIN_KEYS || key.startsWith(ORDER)) continue;
    if (key.startsWith(DELETE_PRIMITIVES)) {
      dropPrimitives(merged, key.slice(DELETE_PRIMITIVES.length), value);
      continue;
    }
    if (value === null) {
      merged.delete(key);
      continue;
    }
    const { type: fieldType, path } = fieldOf(type, key);
    merged.set(key, mergeValue(merged.get(key), value, fieldType, path));
  }
  for (const [key, order] of Object.entries(patch)) {
    if (key.startsWith(ORDER)) setOrder(merged, key.slice(ORDER.length), order, original, type);
  }
  return Object.fromEntries(merged);
}

/** The type of a field, and its name in the tables: `PodSpec.containers`. */
function fieldOf(type: FieldType, key: string): { type: FieldType; path: string } {
  if (type.kind === 'map') return { type: type.of, path: '' };
  if (type.kind !== 'object') return { type: ANY, path: '' };
  return { type: fieldsOf(type.name)?.get(key)?.type ?? ANY, path: `${type.name}.${key}` };
}

function mergeValue(original: unknown, patch: unknown, type: FieldType, path: string): unknown {
  if (isRecord(patch)) {
    const isReplaced = REPLACED_OBJECTS.has(path) && patch[DIRECTIVE] === undefined;
    return mergeObject(isRecord(original) && !isReplaced ? original : {}, patch, type);
  }
  if (!Array.isArray(patch)) return patch;
  const key = Object.hasOwn(PATCH_MERGE_KEYS, path) ? PATCH_MERGE_KEYS[path] : undefined;
  const present: unknown[] = Array.isArray(original) ? original : [];
  if (key === true) return [...new Set([...present, ...(patch as unknown[])])];
  if (key === undefined)
    return (patch as unknown[]).map((item) => (isRecord(item) ? withoutDirectives(item) : item));
  return mergeList(present, patch, key, type.kind === 'list' ? type.of : ANY);
}

function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  key: string,
  of: FieldType,
): unknown[] {
  const items = patch.map((item) => {
    if (isRecord(item)) return item;
    throw new StrategicPatchError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
  });
  const isReplace = (item: Json) => item[DIRECTIVE] === 'replace';
  if (items.some(isReplace)) return items.filter((item) => !isReplace(item)).map(withoutDirectives);
  const merged: (Json | undefined)[] = original.filter(isRecord);
  const places = Map.groupBy(merged.keys(), (index) => merged[index]?.[key]);
  for (const item of items) {
    const wanted = item[key];
    if (wanted === undefined)
      throw new StrategicPatchError(
        `map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`,
      );
    const at = places.get(wanted) ?? [];
    const [first] = at;
    if (item[DIRECTIVE] === 'delete') {
      for (const index of at) merged[index] = undefined;
      places.delete(wanted);
    } else if (first === undefined) {
      places.set(wanted, [merged.length]);
      merged.push(mergeObject({}, item, of));
    } else merged[first] = mergeObject(merged[first] ?? {}, item, of);
  }
  return merged.filter(isRecord);
}

function retain(merged: Map<string, unknown>, keys: unknown): void {
  if (keys === undefined) return;
  if (!Array.isArray(keys)) throw new StrategicPatchError(`${RETAIN_KEYS} must be a list`);
  const kept = new Set<unknown>(keys);
  for (const key of Array.from(merged.keys())) if (!kept.has(key)) merged.delete(key);
}

function dropPrimitives(merged: Map<string, unknown>, key: string, values: unknown): void {
  if (!Array.isArray(values)) throw new StrategicPatchError(`${DELETE_PRIMITIVES}${key} must be a list`);
  const list = merged.get(key);
  if (!Array.isArray(list)) return;
  const dropped = new Set<unknown>(values);
  const left = list.filter((item) => !dropped.has(item));
  merged.set(key, left);
}

/** What the patch names comes in its order; what only the server has stays where it was among its neighbours. */
function setOrder(
  merged: Map<string, unknown>,
  key: string,
  order: unknown,
  original: Json,
  type: FieldType,
): void {
  const list = merged.get(key);
  if (!Array.isArray(order)) throw new StrategicPatchError(`${ORDER}${key} must be a list`);
  if (!Array.isArray(list)) return;
  const { path } = fieldOf(type, key);
  const mergeKey = PATCH_MERGE_KEYS[path];
  const identity = (item: unknown): unknown =>
    typeof mergeKey === 'string' && isRecord(item) ? item[mergeKey] : item;
  const wanted = placesOf(order.map(identity));
  const before = placesOf((Array.isArray(original[key]) ? original[key] : []).map(identity));
  const named = list.filter((item) => wanted.has(identity(item)));
  named.sort((a, b) => (wanted.get(identity(a)) ?? 0) - (wanted.get(identity(b)) ?? 0));
  const others = list.filter((item) => !wanted.has(identity(item)));
  const sorted: unknown[] = [];
  let next = 0;
  for (const item of named) {
    // New ones have no place yet: they come last.
    const place = before.get(identity(item)) ?? -1;
    while (next < others.length && (before.get(identity(others[next])) ?? Infinity) < place)
      sorted.push(others[next++]);
    sorted.push(item);
  }
  merged.set(key, [...sorted, ...others.slice(next)]);
}

function placesOf(identities: readonly unknown[]): Map<unknown, number> {
  return new Map(identities.map((identity, place): [unknown, number] => [identity, place]).toReversed());
}

function withoutDirectives(value: Json): Json {
  const entries = Object.entries(value).filter(([key, item]) => !key.startsWith('$') && item !== null);
  return Object.fromEntries(
    entries.map(([key, item]) => [key, isRecord(item) ? withoutDirectives(item) : copyPlain(item)]),
  );
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
