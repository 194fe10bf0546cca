/** What if an object were different: changes of single fields, and patches. */
import { PeapodError } from '../../model/errors.ts';
import { type FieldType, fieldsOf } from '../../model/structure.ts';
import { segmentsOf } from '../explain/without-fields.ts';
import { type ClusterKind, type ClusterObject, isNamespaced } from './cluster-objects.ts';

export interface ObjectChange {
  /** For messages: what the user wrote, or where. */
  readonly origin: string;
  readonly kind: ClusterKind;
  readonly namespace: string | undefined;
  readonly name: string;
  /** A JSON merge patch; null takes the object away. */
  readonly patch: unknown;
}

/** @throws PeapodError `NotFound` when there is no such object */
export function changeObjects(
  objects: readonly ClusterObject[],
  { origin, kind, namespace, name, patch }: ObjectChange,
): ClusterObject[] {
  const isMeant = ({ kind: other, object }: ClusterObject): boolean =>
    other === kind &&
    object.metadata?.name === name &&
    (!isNamespaced(kind) || (object.metadata.namespace || 'default') === (namespace ?? 'default'));
  if (!objects.some(isMeant))
    throw new PeapodError('NotFound', `${origin}: there is no ${kind} ${JSON.stringify(name)}`);
  return objects.flatMap((entry): ClusterObject[] => {
    if (!isMeant(entry)) return [entry];
    if (patch === null) return [];
    const object = mergePatch(entry.object, patch);
    return [{ ...entry, object, origin: `${entry.origin}, changed by ${origin}` } as ClusterObject];
  });
}

/** @see RFC 7386 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else set(merged, key, mergePatch(merged[key], value));
  }
  return merged;
}

/**
 * A change of one field of an object as a merge patch: `status.allocatable.memory` and `4Gi`; an empty path means the
 * whole object. Items of lists are told by position: `spec.taints[0]`.
 * @param typeName the API's type of the object
 * @param read reads a value that is no text, as YAML
 * @throws PeapodError `Invalid` naming a field that the type does not have
 */
export function fieldPatch(
  object: unknown,
  typeName: string,
  path: string,
  text: string,
  read: (text: string) => unknown,
): unknown {
  const keys = segmentsOf(path);
  const type = typeAt({ kind: 'object', name: typeName }, keys, path);
  const isText =
    type.kind === 'primitive' && (type.name === 'string' || type.name === 'quantity' || type.name === 'time');
  const value = isText && text !== 'null' && text !== '' ? text : text === '' ? null : read(text);
  return patchAt(object, keys, value);
}

function patchAt(present: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const inner =
    isObject(present) || Array.isArray(present) ? (present as Record<string, unknown>)[key] : undefined;
  if (!Array.isArray(present)) return { [key]: patchAt(inner, rest, value) };
  const list: unknown[] = [...present];
  const item = patchAt(inner, rest, value);
  if (item === null) list.splice(Number(key), 1);
  else list[Number(key)] = mergePatch(inner, item);
  return list;
}

function typeAt(type: FieldType, [key, ...rest]: readonly string[], path: string): FieldType {
  if (key === undefined) return type;
  if (type.kind === 'map' || type.kind === 'list') return typeAt(type.of, rest, path);
  const field = type.kind === 'object' ? fieldsOf(type.name)?.get(key) : undefined;
  if (field === undefined) throw new PeapodError('Invalid', `unknown field ${JSON.stringify(path)}`);
  return typeAt(field.type, rest, path);
}

/** Defined, not assigned: a key named __proto__ is a key like any other. */
function set(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
