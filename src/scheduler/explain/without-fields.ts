import type { Pod } from '../../model/api/types.ts';

/** A copy of the pod without the fields of those paths: `spec.nodeSelector[disk]`, `spec.topologySpreadConstraints[0]`. */
export function withoutFields(pod: Pod, paths: readonly string[]): Pod {
  if (paths.length === 0) return pod;
  const copy = structuredClone(pod);
  // From the ends of lists, so that what is still to go keeps its place.
  for (const keys of paths.map(segmentsOf).sort(byPositionBackwards)) remove(copy, keys);
  return copy;
}

function remove(object: unknown, keys: readonly string[]): void {
  const last = keys.at(-1);
  let holder = object;
  for (const key of keys.slice(0, -1)) holder = isObject(holder) ? holder[key] : undefined;
  if (last === undefined || !isObject(holder)) return;
  if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else delete holder[last];
}

function byPositionBackwards(a: readonly string[], b: readonly string[]): number {
  return Number(b.at(-1)) - Number(a.at(-1)) || 0;
}

/** `a.b[c.d][0]` as `a`, `b`, `c.d`, `0`. */
export function segmentsOf(path: string): string[] {
  return [...path.matchAll(/\[([^\]]*)\]|([^.[\]]+)/g)].map(([, inside, name]) => inside ?? name ?? '');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
