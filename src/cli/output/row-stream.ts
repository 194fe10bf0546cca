import { displayWidth, type Terminal } from './terminal.ts';

/** A table whose rows are not all known yet: its columns grow, and never shrink. */
export class RowStream {
  readonly #terminal: Terminal;
  #widths: number[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Rows that are aligned with each other and as far as possible with those before. */
  print(rows: readonly (readonly string[])[]): void {
    for (const line of this.lines(rows)) this.#terminal.write(`${line}\n`);
  }

  /** The same, not printed yet. */
  lines(rows: readonly (readonly string[])[]): string[] {
    for (const row of rows)
      for (const [index, cell] of row.entries())
        this.#widths[index] = Math.max(this.#widths[index] ?? 0, displayWidth(cell));
    return rows.map((row) =>
      row
        .map((cell, index) => cell + ' '.repeat((this.#widths[index] ?? 0) - displayWidth(cell)))
        .join('   ')
        .trimEnd(),
    );
  }
}
