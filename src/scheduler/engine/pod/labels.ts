/** Labels as a map, so that names like `constructor` are only names. */
export type Labels = ReadonlyMap<string, string>;

export const NO_LABELS: Labels = new Map();

export function readLabels(record: Readonly<Record<string, string>> | undefined): Labels {
  return record === undefined ? NO_LABELS : new Map(Object.entries(record));
}
