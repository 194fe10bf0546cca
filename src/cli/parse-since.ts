import { PeapodError } from '../model/errors.ts';

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * A point in time: an RFC 3339 time, or how long ago as Go writes durations (`90s`, `1h30m`).
 * @returns milliseconds since the epoch
 * @throws PeapodError Invalid
 */
export function parseSince(text: string, now: number): number {
  if (/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    let ago = 0;
    for (const [, amount = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
      ago += Number(amount) * (UNIT_MS[unit] ?? 0);
    }
    return now - ago;
  }
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new PeapodError(
      'Invalid',
      `invalid time "${text}": must be a duration like 5m or an RFC 3339 time`,
    );
  }
  return time;
}
