/** How often a request is repeated after its first failure. */
export const RETRIES = 5;

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
/** A registry that asks for more patience than this is waited for no longer. */
const LONGEST_ASKED_MS = 60_000;

/**
 * How long to wait before the next try: twice as long each time, or as long as the registry asks.
 * @param retryAfter the header: seconds or a date
 */
export function retryDelayMs(attempt: number, retryAfter?: string, nowMs = 0): number {
  const asked = retryAfter === undefined ? undefined : askedDelayMs(retryAfter, nowMs);
  return asked ?? Math.min(FIRST_DELAY_MS * 2 ** attempt, LONGEST_DELAY_MS);
}

function askedDelayMs(retryAfter: string, nowMs: number): number | undefined {
  const delayMs = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - nowMs;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(delayMs, 0), LONGEST_ASKED_MS);
}
