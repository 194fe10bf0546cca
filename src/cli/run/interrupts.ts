/**
 * Ctrl-C, SIGTERM and the terminal's end, as three signals: the first asks to stop gracefully, the second to stop at once, the third not to wait for that
 * either.
 */
export class Interrupts implements Disposable {
  readonly #first = new AbortController();
  readonly #second = new AbortController();
  readonly #third = new AbortController();
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

  get third(): AbortSignal {
    return this.#third.signal;
  }

  [Symbol.dispose](): void {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, this.#listener);
  }

  #interrupt(): void {
    const all = [this.#first, this.#second, this.#third];
    all.find(({ signal }) => !signal.aborted)?.abort(new DOMException('interrupted', 'AbortError'));
  }
}
