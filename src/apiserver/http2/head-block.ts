/**
 * The head of an answer as a header block, as text of one byte a letter. Nothing is put into the client's table: then a block is the same on every
 * connection, whatever was sent before.
 */
import { CONNECTION_HEADERS } from './connection-headers.ts';
import { STATIC_TABLE } from './static-table.ts';

export type HeaderValue = string | number | readonly string[];

/** Of those with and without a value. */
const NUMBERS = new Map(STATIC_TABLE.map(([name, value], index) => [`${name}:${value}`, index + 1]));
const NAMES = new Map(STATIC_TABLE.map(([name], index) => [name, index + 1]));

const UNPRINTABLE = /[^\t\x20-\x7e\x80-\xff]/g;

const KNOWN_MOST = 500;
/** Whole fields: most answers have the same. */
const known = new Map<string, string>();

export function headBlock(status: number, headers: Iterable<readonly [string, HeaderValue]>): string {
  let block = statusField(status);
  for (const [name, value] of headers) {
    if (CONNECTION_HEADERS.has(name)) continue;
    if (typeof value === 'number') block += named(name) + string(String(value));
    else if (typeof value === 'string') block += field(name, value);
    else for (const one of value) block += field(name, one);
  }
  return block;
}

function statusField(status: number): string {
  const number = NUMBERS.get(`:status:${status}`);
  return number === undefined ? field(':status', String(status)) : String.fromCharCode(0x80 | number);
}

function field(name: string, value: string): string {
  const key = `${name}:${value}`;
  let made = known.get(key);
  if (made !== undefined) return made;
  made = named(name) + string(value.replaceAll(UNPRINTABLE, '?'));
  if (known.size >= KNOWN_MOST) known.clear();
  known.set(key, made);
  return made;
}

/** The beginning of a field that is not to be remembered. */
function named(name: string): string {
  const number = NAMES.get(name);
  return number === undefined ? `\0${string(name)}` : integer(0, 4, number);
}

function string(text: string): string {
  return integer(0, 7, text.length) + text;
}

function integer(begin: number, prefixBits: number, value: number): string {
  const most = 2 ** prefixBits - 1;
  if (value < most) return String.fromCharCode(begin | value);
  let text = String.fromCharCode(begin | most);
  let rest = value - most;
  for (; rest > 127; rest = Math.floor(rest / 128)) text += String.fromCharCode((rest % 128) | 128);
  return text + String.fromCharCode(rest);
}
