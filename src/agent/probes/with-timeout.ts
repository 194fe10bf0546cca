/**
 * Runs work that ends when its signal does.
 * @throws Error with `message` after `timeoutMs`; the outer signal's reason when that is aborted
 */
export async function withTimeout<T>(
  timeoutMs: number,
  message: string,
  signal: AbortSignal | undefined,
  work: (ended: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const over = new AbortController();
  const ended = over.signal;
  const failed = Promise.withResolvers<never>();
  const end = (reason: unknown): void => {
    failed.reject(reason);
    over.abort(reason);
  };
  const timer = setTimeout(() => end(new Error(message)), timeoutMs);
  const onAbort = (): void => end(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(ended), failed.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
