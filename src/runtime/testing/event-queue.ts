/** Tells every subscriber what is pushed after it came. */
export class EventQueue<T> {
  readonly #subscribers = new Set<(event: T) => void>();

  push(event: T): void {
    for (const subscriber of this.#subscribers) subscriber(event);
  }

  /** Ends, without an error, when the signal is aborted. */
  async *subscribe(signal: AbortSignal): AsyncIterable<T> {
    const pending: T[] = [];
    let arrived = Promise.withResolvers<void>();
    const wake = (): void => arrived.resolve();
    const receive = (event: T): void => {
      pending.push(event);
      wake();
    };
    this.#subscribers.add(receive);
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        for (let event = pending.shift(); event !== undefined; event = pending.shift()) yield event;
        if (signal.aborted) return;
        await arrived.promise;
        arrived = Promise.withResolvers<void>();
      }
    } finally {
      this.#subscribers.delete(receive);
      signal.removeEventListener('abort', wake);
    }
  }
}
