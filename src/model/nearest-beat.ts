/** Who does something every minute does it on a whole second, as everybody else. */
const LONGEST_MS = 1000;
const PART = 5;

/**
 * A time to do something periodic at, at most a tenth of the period off. Those who keep to beats wake a resting process together, and
 * only the first of them finds cold caches.
 * @param at milliseconds since the epoch, as is what is returned
 */
export function nearestBeat(at: number, periodMs: number): number {
  const beatMs = Math.min(LONGEST_MS, Math.max(1, periodMs / PART));
  return Math.round(at / beatMs) * beatMs;
}
