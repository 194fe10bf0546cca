/** Calls back for each item of a list, with where it stands: `spec.containers[0]`. Most lists are short or missing: an iterator would cost more than they. */
export function eachOf<T>(
  list: readonly T[] | undefined,
  field: string,
  visit: (item: T, field: string) => void,
): void {
  if (list === undefined) return;
  for (let index = 0; index < list.length; index += 1) visit(list[index] as T, `${field}[${index}]`);
}
