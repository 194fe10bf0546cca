interface Work {
  readonly result: Promise<unknown>;
  readonly abort: AbortController;
  waiting: number;
}

export interface ShareOptions {
  /** Of the caller, who waits no longer then. */
  readonly signal: AbortSignal;
  /** What becomes of the work when nobody waits for it any more. */
  readonly abandoned: 'goes on' | 'is aborted';
}

/**
 * Work that is asked for again while it is under way is done once, and everybody gets its result. A caller whose time is over may so
 * ask again and find it done.
 */
export class SharedWork implements AsyncDisposable {
  readonly #works = new Map<string, Work>();

  /**
   * @param key names the work
   * @throws what the work throws; the signal's reason
   */
  async run<Result>(
    key: string,
    { signal, abandoned }: ShareOptions,
    begin: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    for (;;) {
      signal.throwIfAborted();
      const known = this.#works.get(key);
      if (known?.abort.signal.aborted === true) {
        await known.result.catch(() => {});
        continue;
      }
      const work = known ?? this.#begin(key, begin);
      work.waiting++;
      try {
        return (await untilAborted(work.result, signal)) as Result;
      } finally {
        work.waiting--;
        if (work.waiting === 0 && abandoned === 'is aborted') work.abort.abort();
      }
    }
  }

  /** Aborts all work, and waits until it has undone what it had made. */
  async [Symbol.asyncDispose](): Promise<void> {
    const works = [...this.#works.values()];
    for (const { abort } of works) abort.abort();
    await Promise.allSettled(works.map(({ result }) => result));
  }

  #begin(key: string, begin: (signal: AbortSignal) => Promise<unknown>): Work {
    const abort = new AbortController();
    const result = Promise.resolve()
      .then(() => begin(abort.signal))
      .finally(() => this.#works.delete(key));
    result.catch(() => {
      // Those who wait are told, and there may be none.
    });
    const work: Work = { result, abort, waiting: 0 };
    this.#works.set(key, work);
    return work;
  }
}

async function untilAborted<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([result, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
