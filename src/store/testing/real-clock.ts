import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../model/clock.ts';

export const REAL_CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (delayMs, options = {}) => delay(delayMs, undefined, options),
};
