import { mkdtemp, rm } from 'node:fs/promises';

/**
 * A folder on a tmpfs, as `/run` is on any machine but some small ones: where each engine keeps what need not outlive a reboot. Disposing deletes it.
 */
export async function memoryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp('/dev/shm/peapod-bench-');
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
