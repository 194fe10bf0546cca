import { displayWidth } from '../output/terminal.ts';

const PADDING = 2;

/**
 * Aligns what ends in a tab with what stands above and below it, two spaces apart. A column lasts as long as each line has it; what stands
 * behind the last tab of a line belongs to no column.
 * @see https://pkg.go.dev/text/tabwriter
 */
export function alignTabs(text: string): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const widths: number[][] = lines.map(() => []);
  const deepest = Math.max(...lines.map((cells) => cells.length - 1));
  for (let column = 0; column < deepest; column++) {
    for (let first = 0; first < lines.length; first++) {
      let end = first;
      while (hasColumn(lines[end], column)) end++;
      const block = lines.slice(first, end).map((cells) => displayWidth(cells[column] ?? ''));
      const width = Math.max(0, ...block) + PADDING;
      for (let index = first; index < end; index++) widths[index]?.push(width);
      first = end;
    }
  }
  return lines
    .map((cells, index) => cells.map((cell, at) => padded(cell, widths[index]?.[at])).join(''))
    .join('\n');
}

function hasColumn(cells: readonly string[] | undefined, column: number): boolean {
  return cells !== undefined && column < cells.length - 1;
}

function padded(cell: string, width: number | undefined): string {
  return width === undefined ? cell : cell + ' '.repeat(width - displayWidth(cell));
}
