/** What is worked out of a type of the API: at the first time it is asked for, and never again. */
export function oncePerType<T>(workOut: (typeName: string) => T): (typeName: string) => T {
  const known = new Map<string, T>();
  return (typeName) => {
    const earlier = known.get(typeName);
    if (earlier !== undefined) return earlier;
    const result = workOut(typeName);
    known.set(typeName, result);
    return result;
  };
}
