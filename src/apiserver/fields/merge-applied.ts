/** Lays an applied configuration over an object, and takes out what it no longer says. */
import { copyPlain } from '../../model/copy-plain.ts';
import { EMPTY, type FieldSet } from './field-set.ts';
import { type FieldShape, type Part, partsOf } from './field-shape.ts';

/** What is wrong with a configuration: which path, and why. */
export class ApplyError extends Error {
  override readonly name = 'ApplyError';
}

/**
 * The object with all that the configuration says; both arguments stay as they are. Elements of lists come in the
 * configuration's order; those that only the object has keep their place among their neighbours.
 * @throws ApplyError when an element of a list cannot be told from others
 */
export function mergeApplied(live: unknown, applied: unknown, shape: FieldShape, path = ''): unknown {
  const appliedParts = partsOf(applied, shape);
  if (appliedParts === undefined) return copyPlain(applied);
  checkElements(appliedParts, shape, path);
  const liveParts = partsOf(live, shape) ?? [];
  if (shape.kind === 'set' || shape.kind === 'list') return mergeLists(liveParts, appliedParts, path);
  const merged = new Map<string, unknown>(liveParts.map(([element, value]) => [element.slice(2), value]));
  for (const [element, value, valueShape] of appliedParts) {
    const name = element.slice(2);
    merged.set(name, mergeApplied(merged.get(name), value, valueShape, `${path}.${name}`));
  }
  return Object.fromEntries(merged);
}

function mergeLists(live: readonly Part[], applied: readonly Part[], path: string): unknown[] {
  const isApplied = new Set(applied.map(([element]) => element));
  const places = new Map(live.map(([element], place): [string, number] => [element, place]));
  const others = live.filter(([element]) => !isApplied.has(element));
  const merged: unknown[] = [];
  let next = 0;
  for (const [index, [element, value, shape]] of applied.entries()) {
    const place = places.get(element) ?? -1;
    for (let other = others[next]; other && (places.get(other[0]) ?? 0) < place; other = others[next]) {
      merged.push(other[1]);
      next += 1;
    }
    merged.push(mergeApplied(live[place]?.[1], value, shape, `${path}[${index}]`));
  }
  return [...merged, ...others.slice(next).map(([, value]) => value)];
}

function checkElements(parts: readonly Part[], shape: FieldShape, path: string): void {
  if (shape.kind !== 'list' && shape.kind !== 'set') return;
  const seen = new Set<string>();
  for (const [index, [element]] of parts.entries()) {
    if (shape.kind === 'list' && element.startsWith('i:')) {
      const missing = shape.keys.find(
        ({ name, fallback }) => fallback === undefined && !hasKey(parts[index]?.[1], name),
      );
      throw new ApplyError(
        `${path}: element ${index}: associative list with keys has an element that omits key field ${JSON.stringify(missing?.name ?? shape.keys[0]?.name)} (and doesn't have default value)`,
      );
    }
    if (seen.has(element)) throw new ApplyError(`${path}: duplicate entries for key ${element.slice(2)}`);
    seen.add(element);
  }
}

function hasKey(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name);
}

/**
 * The object without what its last configuration said (`last`) and nobody says any more. An element of a list or map goes
 * unless somebody owns it; a field goes unless somebody owns it or something in it.
 */
export function pruneUnowned(value: unknown, shape: FieldShape, last: FieldSet, owned: FieldSet): unknown {
  const parts = partsOf(value, shape);
  if (parts === undefined || last.children.size === 0) return value;
  const kept: [string, unknown][] = [];
  for (const [element, item, itemShape] of parts) {
    const lastBelow = last.children.get(element);
    const ownedBelow = owned.children.get(element) ?? EMPTY;
    const isOwned = ownedBelow.isMember || (shape.kind === 'struct' && ownedBelow.children.size > 0);
    if (lastBelow?.isMember === true && !isOwned) continue;
    const left = lastBelow === undefined ? item : pruneUnowned(item, itemShape, lastBelow, ownedBelow);
    if (left !== undefined) kept.push([element, left]);
  }
  if (kept.length === 0 && parts.length > 0) return undefined;
  if (shape.kind === 'set' || shape.kind === 'list') return kept.map(([, item]) => item);
  return Object.fromEntries(kept.map(([element, item]) => [element.slice(2), item]));
}
