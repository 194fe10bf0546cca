/**
 * Ctrl-C, SIGTERM and the terminal's end, as two signals: the first asks to stop gracefully, the second to stop at once.
 */
export class Interrupts implements Disposable {
  readonly #first = new AbortController();
  readonly #second = new AbortController();
  readonly #listener = () => this.#interrupt();

  constructor() {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, this.#listener);
  }

  get first(): AbortSignal {
    return this.#first.signal;
  }

  get second(): AbortSignal {
    return this.#second.signal;
  }

  [Symbol.dispose](): void {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, this.#listener);
  }

  #interrupt(): void {
    const controller = this.#first.signal.aborted ? this.#second : this.#first;
    controller.abort(new DOMException('interrupted', 'AbortError'));
  }
}
