import { watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';

/** Looks again this often, should the kernel have dropped a notification. */
const RELIST_MS = 2000;

/**
 * Yields at once, and then whenever something in the folders may have changed, until the signal aborts.
 * Changes that come together are told of once.
 */
export async function* watchFolders(
  paths: readonly string[],
  { signal }: { signal: AbortSignal },
): AsyncIterable<void> {
  for (const path of paths) await mkdir(path, { recursive: true, mode: 0o700 });
  let wake = Promise.withResolvers<void>();
  const changed = () => wake.resolve();
  const watchers = paths.map((path) => watch(path, { persistent: true }, changed));
  for (const watcher of watchers) watcher.on('error', changed);
  const timer = setInterval(changed, RELIST_MS);
  signal.addEventListener('abort', changed);
  try {
    while (!signal.aborted) {
      yield;
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
  } finally {
    signal.removeEventListener('abort', changed);
    clearInterval(timer);
    for (const watcher of watchers) watcher.close();
  }
}
