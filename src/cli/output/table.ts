import { heading } from './heading.ts';
import { displayWidth, type Painter, PLAIN } from './terminal.ts';

/** One column: its heading, and what stands in it. `wide` columns are shown only with `-o wide`. */
export interface Column<T> {
  heading: string;
  value: (row: T) => string;
  wide?: boolean;
}

/** Left-aligned columns, three spaces apart, as kubectl prints them. */
export function renderTable<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  options: { wide?: boolean; painter?: Painter } = {},
): string {
  const shown = columns.filter((column) => options.wide === true || column.wide !== true);
  const cells = [
    heading(
      options.painter ?? PLAIN,
      shown.map((column) => column.heading),
    ),
    ...rows.map((row) => shown.map((column) => column.value(row))),
  ];
  const widths = shown.map((_, index) => Math.max(...cells.map((line) => displayWidth(line[index] ?? ''))));
  return cells.map((line) => `${renderLine(line, widths)}\n`).join('');
}

function renderLine(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, index) => cell + ' '.repeat((widths[index] ?? 0) - displayWidth(cell)));
  return padded.join('   ').trimEnd();
}
