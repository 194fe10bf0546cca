import type { Clock } from '../model/clock.ts';

/** The machine's own time. A sleep keeps the process alive. */
export const systemClock: Clock = { now: () => Date.now(), sleep };

/** By itself, since those of `node:timers/promises` cost several times as much, and a server at rest does little else. */
function sleep(delayMs: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(reasonOf(signal));
      return;
    }
    if (!(delayMs > 0)) {
      resolve();
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(reasonOf(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function reasonOf(signal: AbortSignal | undefined): Error {
  return signal?.reason as Error;
}
