import { displayWidth, type Terminal } from './terminal.ts';

/** Some lines at the bottom of a terminal that are drawn anew in place. */
export class LiveBlock {
  readonly #terminal: Terminal;
  #height = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Replaces what was drawn last. Lines wider than the terminal are cut: a wrapped line could not be taken back. */
  draw(lines: readonly string[]): void {
    const cut = fitting(lines, this.#terminal.rows - 1).map((line) =>
      displayWidth(line) < this.#terminal.columns ? line : `${cutTo(line, this.#terminal.columns - 2)}…`,
    );
    this.#terminal.write(`${this.#erase()}${cut.map((line) => `${line}\n`).join('')}`);
    this.#height = cut.length;
  }

  clear(): void {
    this.#terminal.write(this.#erase());
    this.#height = 0;
  }

  #erase(): string {
    return this.#height === 0 ? '' : `\u001B[${this.#height}A\u001B[0J`;
  }
}

/** What has left the screen at its top could not be taken back either. */
function fitting(lines: readonly string[], most: number): readonly string[] {
  if (lines.length <= most) return lines;
  const shown = Math.max(0, most - 1);
  return [...lines.slice(0, shown), `… ${lines.length - shown} more`];
}

/** The first `width` cells, styles kept and ended. */
function cutTo(line: string, width: number): string {
  let cells = 0;
  let text = '';
  // oxlint-disable-next-line no-control-regex -- styles start with ESC
  for (const [part] of line.matchAll(/\u001B\[[0-9;]*m|./gsu)) {
    if (!part.startsWith('\u001B')) cells += 1;
    if (cells > width && !part.startsWith('\u001B')) continue;
    text += part;
  }
  return text;
}
