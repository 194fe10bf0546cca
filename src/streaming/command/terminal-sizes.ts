import type { TerminalSize } from '../remote-session.ts';

const HIGHEST = 65_535;
const LONGEST_BYTES = 1024;

/** Reads the sizes off a resize stream: JSON objects one after another, however they are cut. What is none is passed over. */
export class TerminalSizes {
  #rest = '';

  push(text: string): TerminalSize[] {
    const pieces = (this.#rest + text).split('}');
    const rest = pieces.pop() ?? '';
    this.#rest = rest.length > LONGEST_BYTES ? '' : rest;
    return pieces.map((piece) => parseSize(`${piece}}`)).filter((size) => size !== undefined);
  }
}

export function formatSize(size: TerminalSize): string {
  return `${JSON.stringify({ Width: size.columns, Height: size.rows })}\n`;
}

function parseSize(text: string): TerminalSize | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const columns = 'Width' in value ? value.Width : undefined;
    const rows = 'Height' in value ? value.Height : undefined;
    return isDimension(columns) && isDimension(rows) ? { columns, rows } : undefined;
  } catch {
    return undefined;
  }
}

function isDimension(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= HIGHEST;
}
