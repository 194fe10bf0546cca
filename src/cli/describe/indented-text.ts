import { displayWidth } from '../output/terminal.ts';

/** Lines of `Key:   value`, nested by two spaces, values of neighbours in one column, as kubectl describe prints. */
export class IndentedText {
  readonly #lines: { depth: number; key: string; value: string | undefined }[] = [];
  #depth = 0;

  pair(key: string, value: string | undefined): void {
    if (value !== undefined) this.#lines.push({ depth: this.#depth, key: `${key}:`, value });
  }

  /** A value with a line for each entry; `<none>` when there is none. */
  list(key: string, values: readonly string[]): void {
    this.pair(key, values[0] ?? '<none>');
    for (const value of values.slice(1)) this.#lines.push({ depth: this.#depth, key: '', value });
  }

  section(heading: string, write: () => void): void {
    this.#lines.push({ depth: this.#depth, key: heading, value: undefined });
    this.#depth += 1;
    write();
    this.#depth -= 1;
  }

  line(text: string): void {
    this.#lines.push({ depth: this.#depth, key: text, value: undefined });
  }

  toString(): string {
    const widths = new Map<number, number>();
    for (const { depth, key, value } of this.#lines) {
      if (value !== undefined) widths.set(depth, Math.max(widths.get(depth) ?? 0, displayWidth(key)));
    }
    return this.#lines
      .map(({ depth, key, value }) => this.#render(depth, key, value, widths.get(depth) ?? 0))
      .join('');
  }

  #render(depth: number, key: string, value: string | undefined, width: number): string {
    const indent = '  '.repeat(depth);
    if (value === undefined) return `${indent}${key}\n`;
    return `${`${indent}${key.padEnd(width)}  ${value}`.trimEnd()}\n`;
  }
}
