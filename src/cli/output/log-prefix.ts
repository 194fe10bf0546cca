import { displayWidth, type Style, type Terminal } from './terminal.ts';

const STYLES: readonly Style[] = ['cyan', 'magenta', 'green', 'yellow', 'blue'];

/** Gives every `pod/container` a prefix of the same width, and its own colour in the order in which they first speak. */
export class LogPrefixes {
  readonly #terminal: Terminal;
  readonly #width: number;
  readonly #styles = new Map<string, Style>();

  constructor(terminal: Terminal, names: readonly string[]) {
    this.#terminal = terminal;
    this.#width = Math.max(0, ...names.map(displayWidth));
  }

  of(name: string): string {
    let style = this.#styles.get(name);
    if (style === undefined) {
      style = STYLES[this.#styles.size % STYLES.length] ?? 'cyan';
      this.#styles.set(name, style);
    }
    const padding = ' '.repeat(Math.max(0, this.#width - displayWidth(name)));
    return `${this.#terminal.style(style, name)}${padding} ${this.#terminal.style('dim', '|')} `;
  }
}
