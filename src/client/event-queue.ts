/** Hands on what is pushed, in order. */
export class EventQueue<T> {
  #events: T[] = [];
  #wake = Promise.withResolvers<void>();

  push(event: T): void {
    this.#events.push(event);
    this.#wake.resolve();
  }

  /** Everything that was and will be pushed, until the signal aborts. One reader only. */
  async *events(signal: AbortSignal): AsyncGenerator<T> {
    const wake = () => this.#wake.resolve();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        const events = this.#events;
        this.#events = [];
        yield* events;
        if (this.#events.length > 0 || signal.aborted) continue;
        await this.#wake.promise;
        this.#wake = Promise.withResolvers();
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }
}
