import { stripVTControlCharacters } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

const CODES: Record<Style, [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

/** What gives text its look, or leaves it as it is. */
export interface Painter {
  style(style: Style, text: string): string;
}

export const PLAIN: Painter = { style: (_, text) => text };

/** Where output goes: a terminal gets colours and live redrawing, anything else gets plain lines. */
export interface Terminal extends Painter {
  readonly isTty: boolean;
  readonly colors: boolean;
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

/** @see https://no-color.org */
export function terminalOf(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): Terminal {
  const isTty = stream.isTTY && env['TERM'] !== 'dumb';
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const colors = forced || (isTty && (env['NO_COLOR'] ?? '') === '');
  return {
    isTty,
    colors,
    get columns() {
      // A terminal that has not been given a size has 0 columns.
      return stream.columns > 0 ? stream.columns : 80;
    },
    get rows() {
      return stream.rows > 0 ? stream.rows : 24;
    },
    write: (text) => {
      stream.write(text);
    },
    style: (style, text) => {
      const [on, off] = CODES[style];
      return colors ? `\u001B[${on}m${text}\u001B[${off}m` : text;
    },
  };
}

const ASCII = /^[ -~]*$/;
/** Made when it is needed: with the first comes all that is known of the world's languages, which takes longer than most verbs. */
let graphemes: Intl.Segmenter | undefined;

/** How many cells the text takes on a terminal; styles take none. */
export function displayWidth(text: string): number {
  const shown = stripVTControlCharacters(text);
  if (ASCII.test(shown)) return shown.length;
  graphemes ??= new Intl.Segmenter();
  let cells = 0;
  for (const _ of graphemes.segment(shown)) cells += 1;
  return cells;
}

/** What a program outside wrote, made harmless for a terminal: control characters but tab are shown, not obeyed. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u0008\u000A-\u001F\u007F-\u009F]/g, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x20 ? `^${String.fromCharCode(code + 0x40)}` : `\\x${code.toString(16)}`;
  });
}
