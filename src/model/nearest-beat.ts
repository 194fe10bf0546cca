/** Who does something every minute does it on a tenth second, who every ten seconds on an even one: they meet often. */
const BEATS_MS = [10_000, 5000, 2000];
const SHORT_MS = 1000;
const PART = 5;

/**
 * A time to do something periodic at, at most a tenth of the period off. Those who keep to beats wake a resting process together, and
 * only the first of them finds cold caches.
 * @param at milliseconds since the epoch, as is what is returned
 */
export function nearestBeat(at: number, periodMs: number): number {
  const longestMs = Math.max(1, periodMs / PART);
  // Of another the times in between would differ.
  const whole = BEATS_MS.find((one) => one <= longestMs && periodMs % one === 0);
  const beatMs = whole ?? Math.min(SHORT_MS, longestMs);
  return Math.round(at / beatMs) * beatMs;
}

/** The next time to do something at that everybody with this period does at the same time: soon, at most a period away. */
export function nextBeat(now: number, periodMs: number): number {
  return (Math.floor(now / periodMs) + 1) * periodMs;
}
