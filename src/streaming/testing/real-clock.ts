import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../model/clock.ts';

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (delayMs, options) => setTimeout(delayMs, undefined, options),
};
