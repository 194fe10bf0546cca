/** That a client has gone before it was answered. The signal is made when somebody asks for it: most requests are too short. */
export class Departure {
  #controller: AbortController | undefined;
  #isNoted = false;
  #isIgnored = false;

  get isNoted(): boolean {
    return this.#isNoted;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#isNoted) this.#controller.abort();
    return this.#controller.signal;
  }

  note(): void {
    if (this.#isIgnored) return;
    this.#isNoted = true;
    this.#controller?.abort();
  }

  /** An abort is dear, and nobody listens any more. */
  ignore(): void {
    this.#isIgnored = true;
  }
}
