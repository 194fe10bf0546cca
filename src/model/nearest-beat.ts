/** Who does something every minute does it on a whole second, as everybody else. */
const LONGEST_MS = 1000;
const PART = 5;

/**
 * A time to do something periodic at, at most a tenth of the period off. Those who keep to beats wake a resting process together: the second
 * of many does in a fifth of the time what the first one does with cold caches.
 * @param at milliseconds since the epoch
 */
export function nearestBeat(at: number, periodMs: number): number {
  const beatMs = Math.min(LONGEST_MS, Math.max(1, periodMs / PART));
  return Math.round(at / beatMs) * beatMs;
}
