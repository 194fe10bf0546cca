/** Time as it is passed into everything that decides or waits, so that tests own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Resolves after `delayMs` milliseconds, at once when that is not positive.
   * @throws the signal's reason when it is aborted; the timer is then gone.
   */
  sleep(delayMs: number, options?: { signal?: AbortSignal }): Promise<void>;
}
