import type { Painter } from './terminal.ts';

/** The names of a table's columns, as all tables show them. */
export function heading(painter: Painter, names: readonly string[]): string[] {
  return names.map((name) => painter.style('bold', name));
}
