import type { Terminal } from './terminal.ts';

/** Writes the text of several logs whole lines at a time, each line with its prefix. */
export class LogWriter {
  readonly #terminal: Terminal;
  readonly #prefix: string;
  #unended = '';

  constructor(terminal: Terminal, prefix: string) {
    this.#terminal = terminal;
    this.#prefix = prefix;
  }

  /** Text that has no end of line yet waits for it. */
  write(text: string): void {
    const lines = (this.#unended + text).split('\n');
    this.#unended = lines.pop() ?? '';
    if (lines.length > 0) this.#terminal.write(lines.map((line) => `${this.#prefix}${line}\n`).join(''));
  }

  end(): void {
    if (this.#unended !== '') this.write('\n');
  }
}
