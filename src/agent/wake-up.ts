import type { Clock } from '../model/clock.ts';

/** Nobody looks at it; one that is made for each abort costs more than the abort. */
const NOT_NEEDED = new Error('the sleep is not needed any more');

/** Lets a loop sleep until somebody wakes it, a time comes, or it is to end. A wake between `reset` and `wait` is not lost. */
export class WakeUp {
  readonly #clock: Clock;
  #woken = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#woken.resolve();
  }

  reset(): void {
    this.#woken = Promise.withResolvers<void>();
  }

  /** Resolves however the sleep ends. @param at milliseconds since the epoch; absent: no time */
  async wait(at: number | undefined, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const done = new AbortController();
    const onAbort = (): void => this.wake();
    signal.addEventListener('abort', onAbort, { once: true });
    const timer =
      at === undefined || !Number.isFinite(at)
        ? undefined
        : this.#clock.sleep(at - this.#clock.now(), { signal: done.signal }).catch(() => {});
    try {
      await (timer === undefined ? this.#woken.promise : Promise.race([this.#woken.promise, timer]));
    } finally {
      done.abort(NOT_NEEDED);
      signal.removeEventListener('abort', onAbort);
    }
  }
}
