/**
 * When a CronJob runs: `0 9-17 * * mon-fri`, `@hourly`, `@every 1h30m`.
 * @see https://pkg.go.dev/github.com/robfig/cron/v3
 */
import { PeapodError } from './errors.ts';

export type CronSchedule =
  | {
      readonly kind: 'fields';
      readonly minutes: ReadonlySet<number>;
      readonly hours: ReadonlySet<number>;
      readonly daysOfMonth: ReadonlySet<number>;
      readonly months: ReadonlySet<number>;
      /** 0 is Sunday. */
      readonly daysOfWeek: ReadonlySet<number>;
      /** When both days are restricted, either is enough; a star restricts nothing. */
      readonly anyDayOfMonth: boolean;
      readonly anyDayOfWeek: boolean;
    }
  | { readonly kind: 'every'; readonly seconds: number };

interface Bounds {
  readonly low: number;
  readonly high: number;
  readonly names?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const BOUNDS = {
  minutes: { low: 0, high: 59 },
  hours: { low: 0, high: 23 },
  daysOfMonth: { low: 1, high: 31 },
  months: { low: 1, high: 12, names: MONTHS },
  daysOfWeek: { low: 0, high: 6, names: DAYS },
} as const satisfies Record<string, Bounds>;

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const UNIT_SECONDS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };

/** @throws PeapodError Invalid telling what cannot be read */
export function parseCronSchedule(text: string): CronSchedule {
  if (text === '') fail('empty spec string');
  if (text.startsWith('@every ')) return parseEvery(text.slice('@every '.length));
  const line = Object.hasOwn(MACROS, text) ? (MACROS[text] ?? '') : text;
  if (line.startsWith('@')) fail(`unrecognized descriptor: ${text}`);
  const fields = line.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== 5) fail(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields;
  return {
    kind: 'fields',
    minutes: parseField(minute, BOUNDS.minutes),
    hours: parseField(hour, BOUNDS.hours),
    daysOfMonth: parseField(dayOfMonth, BOUNDS.daysOfMonth),
    months: parseField(month, BOUNDS.months),
    daysOfWeek: parseField(dayOfWeek, BOUNDS.daysOfWeek),
    anyDayOfMonth: isStar(dayOfMonth),
    anyDayOfWeek: isStar(dayOfWeek),
  };
}

function parseEvery(text: string): CronSchedule {
  const parts = [...text.matchAll(/(\d+)([hms])/g)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text;
  if (!isWhole)
    fail(`failed to parse duration @every ${text}: time: invalid duration ${JSON.stringify(text)}`);
  const seconds = parts.reduce(
    (sum, [, count = '', unit = '']) => sum + Number(count) * (UNIT_SECONDS[unit] ?? 0),
    0,
  );
  return { kind: 'every', seconds: Math.max(1, seconds) };
}

function isStar(field: string): boolean {
  return field.split(',').some((part) => /^[*?](?:\/1)?$/.test(part));
}

function parseField(field: string, bounds: Bounds): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of field.split(',')) for (const value of parseRange(part, bounds)) values.add(value);
  return values;
}

/** `*`, `5`, `1-5`, `mon-fri`, and each with a step: `0-30/10`. */
function parseRange(part: string, bounds: Bounds): number[] {
  const [range = '', stepText, ...more] = part.split('/');
  if (more.length > 0) fail(`too many slashes: ${part}`);
  const [startText = '', endText, ...rest] = range.split('-');
  if (rest.length > 0) fail(`too many hyphens: ${part}`);
  const isAll = startText === '*' || startText === '?';
  if (isAll && endText !== undefined) fail(`failed to parse int from ${startText}`);
  const start = isAll ? bounds.low : parseNumber(startText, bounds);
  const single = stepText === undefined ? start : bounds.high;
  const end = isAll ? bounds.high : endText === undefined ? single : parseNumber(endText, bounds);
  const step = stepText === undefined ? 1 : parseNumber(stepText, { low: 0, high: Number.MAX_SAFE_INTEGER });
  if (start < bounds.low) fail(`beginning of range (${start}) below minimum (${bounds.low}): ${part}`);
  if (end > bounds.high) fail(`end of range (${end}) above maximum (${bounds.high}): ${part}`);
  if (start > end) fail(`beginning of range (${start}) beyond end of range (${end}): ${part}`);
  if (step === 0) fail(`step of range should be a positive number: ${part}`);
  const values: number[] = [];
  for (let value = start; value <= end; value += step) values.push(value);
  return values;
}

function parseNumber(text: string, { low, names = [] }: Bounds): number {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + low;
  if (!/^\d{1,9}$/.test(text)) fail(`failed to parse int from ${text}`);
  return Number(text);
}

function fail(problem: string): never {
  throw new PeapodError('Invalid', problem);
}
