import { isDeepStrictEqual } from 'node:util';
import type { ObservedPod } from './planner/plan-input.ts';

/** What may happen at once: others may have been in the way. */
const FREE_REPEATS = 3;
const FIRST_HOLD_MS = 1000;
const MAX_HOLD_MS = 60_000;
/** What comes again only after so long, beyond its hold, is no repetition. */
const FORGET_MS = 30_000;

interface Past {
  observed: ObservedPod;
  endedAt: number;
  repeats: number;
}

/**
 * Sees that an action which ends well and changes nothing, so that it is asked for again, is not done again without a pause: a runtime that says it
 * has done what it has not would otherwise take the whole machine.
 */
export class RepeatGuard {
  readonly #past = new Map<string, Past>();

  /**
   * An action has ended well.
   * @param observed the pod as it was when the action began
   * @param now milliseconds since the epoch
   * @returns for how many milliseconds the same action is to wait; 0 when something had changed since the last time
   */
  ended(key: string, observed: ObservedPod, now: number): number {
    const past = this.#past.get(key);
    const isAgain =
      past !== undefined &&
      now - past.endedAt < holdMs(past.repeats) + FORGET_MS &&
      isDeepStrictEqual(past.observed, observed);
    const repeats = isAgain ? past.repeats + 1 : 0;
    this.#past.set(key, { observed, endedAt: now, repeats });
    return holdMs(repeats);
  }
}

function holdMs(repeats: number): number {
  return repeats < FREE_REPEATS ? 0 : Math.min(FIRST_HOLD_MS * 2 ** (repeats - FREE_REPEATS), MAX_HOLD_MS);
}
