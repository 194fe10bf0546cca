/** A deep copy of a value of JSON; several times as fast as `structuredClone`, which takes anything. */
export function copyPlain<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyPlain) as T;
  // Spread makes properties, it does not assign: a key named __proto__ is a key like any other, and stays one below.
  const copy = { ...value } as Record<string, unknown>;
  for (const key of Object.keys(copy)) {
    const item = copy[key];
    if (typeof item === 'object' && item !== null) copy[key] = copyPlain(item);
  }
  return copy as T;
}
