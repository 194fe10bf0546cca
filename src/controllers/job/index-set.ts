/** The indexes of a job as its status writes them: `1,3-5,7`, in order. */
export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const [first = '', last = first] = part.split('-', 2);
    if (first === '') continue;
    for (let index = Number(first); index <= Number(last) && index < completions; index++) indexes.add(index);
  }
  return indexes;
}

export function formatIndexes(indexes: ReadonlySet<number>): string {
  const ranges: { first: number; last: number }[] = [];
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last === index - 1) range.last = index;
    else ranges.push({ first: index, last: index });
  }
  return ranges.map(rangeText).join(',');
}

function rangeText({ first, last }: { first: number; last: number }): string {
  if (first === last) return String(first);
  return `${first}${last === first + 1 ? ',' : '-'}${last}`;
}
