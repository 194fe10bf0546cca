import type { Clock } from '../model/clock.ts';

export interface ServeOptions {
  clock: Clock;
  /** How often the peer is asked whether it lives. */
  heartbeatMs: number;
}

export const HEARTBEAT_MS = 30_000;
