import { PeapodError } from '../../model/errors.ts';
import type { ObjectChange } from './watch-cache.ts';

/**
 * One watcher's share of the changes. It never holds more than its backlog: a watcher that is too slow is dropped.
 *
 *     open ──end()──► ended           ──overflow──► ended with `Expired`
 */
export class Subscription implements Disposable {
  readonly #backlog: number;
  readonly #onEnd: () => void;
  readonly #newest: () => number;
  #changes: ObjectChange[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #failure: unknown;

  /** @param newest the revision up to which everything has been pushed */
  constructor(backlog: number, newest: () => number, onEnd: () => void) {
    this.#backlog = backlog;
    this.#newest = newest;
    this.#onEnd = onEnd;
  }

  /** Everything up to here was taken; nothing while changes are waiting to be. */
  get takenUpTo(): number | undefined {
    return this.#changes.length === 0 ? this.#newest() : undefined;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  push(change: ObjectChange): void {
    if (this.#ended) return;
    if (this.#changes.length >= this.#backlog) {
      this.#changes = [];
      this.end(new PeapodError('Expired', 'the watcher is too slow: list again'));
      return;
    }
    this.#changes.push(change);
    this.#wakeUp();
  }

  end(failure?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#onEnd();
    this.#wakeUp();
  }

  /**
   * Waits for changes and takes them all; nothing when the time is over first or the subscription has ended well.
   * @throws what ended it
   */
  async take(timeoutMs: number): Promise<readonly ObjectChange[]> {
    if (this.#changes.length === 0 && !this.#ended) await this.#woken(timeoutMs);
    const changes = this.#changes;
    this.#changes = [];
    if (changes.length === 0 && this.#failure !== undefined) throw this.#failure;
    return changes;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  async #woken(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = undefined;
  }

  #wakeUp(): void {
    this.#wake?.();
  }
}
