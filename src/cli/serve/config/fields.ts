/** The types of a configuration file's fields: what each takes, and what it makes of it. */
import { tryParseQuantity, wholeValue } from '../../../model/quantity.ts';

export interface Field<T> {
  /** Completes “must be …”. */
  readonly expected: string;
  /** Nothing when the value is not what is expected. */
  read(value: unknown): T | undefined;
}

export const TEXT: Field<string> = {
  expected: 'a text',
  read: (value) => (typeof value === 'string' && value !== '' ? value : undefined),
};

export const TEXTS: Field<string[]> = {
  expected: 'a list of texts',
  read: (value) =>
    Array.isArray(value) && value.every((one): one is string => TEXT.read(one) !== undefined)
      ? value
      : undefined,
};

export const LABELS: Field<Record<string, string>> = {
  expected: 'a map of texts',
  read: (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const entries = Object.entries(value);
    return entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')
      ? Object.fromEntries(entries)
      : undefined;
  },
};

export function wholeNumber(least: number, most: number): Field<number> {
  return {
    expected: `a whole number from ${least} to ${most}`,
    read: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
        ? value
        : undefined,
  };
}

/** Bytes, as `10Mi`. */
export const SIZE: Field<number> = {
  expected: 'a quantity of bytes above 0, as 10Mi',
  read: (value) => {
    const quantity =
      typeof value === 'string' || typeof value === 'number' ? tryParseQuantity(String(value)) : undefined;
    const bytes = quantity === undefined ? 0 : Number(wholeValue(quantity));
    return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : undefined;
  },
};

const UNIT_MS: Partial<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds, as Go writes durations: `1h30m`, `45s`. */
export const DURATION: Field<number> = {
  expected: 'a duration, as 1h30m or 45s',
  read: (value) => {
    if (typeof value !== 'string' || !/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(value)) return undefined;
    let sum = 0;
    for (const [, number, unit = ''] of value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
      sum += Number(number) * (UNIT_MS[unit] ?? 0);
    return sum;
  },
};
