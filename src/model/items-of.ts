/**
 * The items of lists that come one after the other. A generator that passed each of them on would cost several turns of the microtasks
 * for each; this costs one.
 * @param lists ends, or fails, when the items do; it is told when they are left early
 */
export function itemsOf<T>(lists: AsyncGenerator<readonly T[], void>): AsyncGenerator<T, void> {
  return new Items(lists);
}

class Items<T> implements AsyncGenerator<T, void> {
  readonly #lists: AsyncGenerator<readonly T[], void>;
  #list: readonly T[] = [];
  #at = 0;
  /** Whoever asks while a list is being waited for is served after who asked before. */
  #waiting: Promise<unknown> | undefined;

  constructor(lists: AsyncGenerator<readonly T[], void>) {
    this.#lists = lists;
  }

  next(): Promise<IteratorResult<T, void>> {
    if (this.#waiting !== undefined) return this.#waiting.then(() => this.next());
    if (this.#at < this.#list.length) return Promise.resolve(this.#take());
    const item = this.#nextList();
    this.#waiting = item.then(
      () => (this.#waiting = undefined),
      () => (this.#waiting = undefined),
    );
    return item;
  }

  async return(): Promise<IteratorResult<T, void>> {
    this.#list = [];
    await this.#lists.return();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    this.#list = [];
    await this.#lists.throw(error);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #take(): IteratorResult<T, void> {
    return { done: false, value: this.#list[this.#at++] as T };
  }

  async #nextList(): Promise<IteratorResult<T, void>> {
    for (;;) {
      const { done, value } = await this.#lists.next();
      if (done === true) return { done: true, value: undefined };
      this.#list = value;
      this.#at = 0;
      if (value.length > 0) return this.#take();
    }
  }
}
