/** The maps of eviction thresholds in a configuration file. */
import { EVICTION_SIGNALS, parseAmount } from '../../../agent/eviction/eviction-settings.ts';
import { DURATION, type Field } from './fields.ts';

const SIGNALS: readonly string[] = EVICTION_SIGNALS;

/** `memory.available: 100Mi`, `nodefs.available: 10%`; others than these are as if they were not there. */
export const AMOUNTS: Field<Record<string, string>> = {
  expected: `a map of quantities or percentages, by ${SIGNALS.join(', ')}`,
  read: (value) =>
    mapOf(value, (text) => (typeof text === 'string' && parseAmount(text) !== undefined ? text : undefined)),
};

/** Milliseconds. */
export const GRACE_PERIODS: Field<Record<string, number>> = {
  expected: `a map of durations, by ${SIGNALS.join(', ')}`,
  read: (value) => mapOf(value, (text) => DURATION.read(text)),
};

function mapOf<T>(value: unknown, read: (value: unknown) => T | undefined): Record<string, T> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const found: Record<string, T> = {};
  for (const [signal, text] of Object.entries(value)) {
    const made = read(text);
    if (!SIGNALS.includes(signal) || made === undefined) return undefined;
    found[signal] = made;
  }
  return found;
}
