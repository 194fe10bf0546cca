import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../model/clock.ts';

/** The machine's own time. A sleep keeps the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(delayMs, { signal } = {}) {
    signal?.throwIfAborted();
    if (delayMs <= 0) return;
    try {
      await delay(delayMs, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
