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
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  const ended = signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]);
  const failed = Promise.withResolvers<never>();
  const fail = (): void => failed.reject(signal?.aborted ? signal.reason : new Error(message));
  ended.addEventListener('abort', fail, { once: true });
  try {
    return await Promise.race([work(ended), failed.promise]);
  } finally {
    clearTimeout(timer);
    ended.removeEventListener('abort', fail);
  }
}
