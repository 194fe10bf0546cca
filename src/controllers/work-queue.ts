import type { Clock } from '../model/clock.ts';

interface Waiting {
  failures: number;
  timer: AbortController | undefined;
}

const FIRST_BACKOFF_MS = 5;
const MOST_BACKOFF_MS = 60_000;

/**
 * Keys that need a look, each once however often it was added, and never twice at a time.
 *
 *     (add) ─► ready ─► under way ─► done
 *                ▲          │ failed: waits, twice as long each time
 *                └──────────┘
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #ready = new Set<string>();
  readonly #underWay = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();
  #wake = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(key: string): void {
    this.#ready.add(key);
    this.#wake.resolve();
  }

  addAfter(key: string, delayMs: number): void {
    const waiting = this.#waiting.get(key) ?? { failures: 0, timer: undefined };
    waiting.timer?.abort();
    waiting.timer = new AbortController();
    this.#waiting.set(key, waiting);
    const { timer } = waiting;
    const isDue = (): void => {
      if (waiting.timer === timer) waiting.timer = undefined;
      this.add(key);
    };
    this.#clock.sleep(delayMs, { signal: timer.signal }).then(isDue, () => {});
  }

  /** Works through the keys, `workers` at a time, until the signal aborts. What `work` throws is tried again later. */
  async run(
    work: (key: string) => Promise<void>,
    {
      signal,
      workers,
      onError,
    }: { signal: AbortSignal; workers: number; onError: (key: string, error: unknown) => void },
  ): Promise<void> {
    const wake = () => this.#wake.resolve();
    signal.addEventListener('abort', wake);
    const running = new Set<Promise<void>>();
    while (!signal.aborted) {
      const key = this.#next();
      if (key === undefined) {
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
        continue;
      }
      if (running.size >= workers) {
        await Promise.race(running);
        continue;
      }
      this.#ready.delete(key);
      this.#underWay.add(key);
      const done = this.#workOn(key, work, onError, signal).finally(() => {
        running.delete(done);
        this.#wake.resolve();
      });
      running.add(done);
    }
    signal.removeEventListener('abort', wake);
    await Promise.all(running);
    for (const { timer } of this.#waiting.values()) timer?.abort();
  }

  #next(): string | undefined {
    for (const key of this.#ready) if (!this.#underWay.has(key)) return key;
    return undefined;
  }

  async #workOn(
    key: string,
    work: (key: string) => Promise<void>,
    onError: (key: string, error: unknown) => void,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await work(key);
      const waiting = this.#waiting.get(key);
      if (waiting !== undefined) waiting.failures = 0;
      // Keys come and go: what is to be remembered of none of them is forgotten.
      if (waiting?.timer === undefined) this.#waiting.delete(key);
    } catch (error) {
      if (signal.aborted) return;
      onError(key, error);
      const waiting = this.#waiting.get(key) ?? { failures: 0, timer: undefined };
      this.#waiting.set(key, waiting);
      this.addAfter(key, Math.min(MOST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** waiting.failures));
      waiting.failures += 1;
    } finally {
      this.#underWay.delete(key);
    }
  }
}
