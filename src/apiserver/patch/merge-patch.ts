import { copyPlain } from '../../model/copy-plain.ts';
/**
 * Lays a merge patch over a document: null takes a field away, objects are merged, all else is replaced. Both arguments stay
 * as they are.
 * @see RFC 7386
 */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return copyPlain(patch);
  const merged = new Map<string, unknown>(isRecord(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, applyMergePatch(merged.get(key), value));
  }
  // Made of entries, not assigned: a key named __proto__ is a key like any other.
  return Object.fromEntries(merged);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
