import { watch } from 'node:fs/promises';
import type { ContainerContext } from './container-context.ts';
import { exitsDirectory } from './container-paths.ts';
import { findRecord } from './container-record.ts';
import { observeAndSettle } from './settle-container.ts';
import { mkdir } from '../linux/files.ts';

/** How often to look when nothing was reported: conmon may have been killed before it could write. */
const RECHECK_MS = 500;

/**
 * Waits until a container has ended, or is gone.
 * @param timeoutMs absent: as long as it takes
 * @returns its exit code; nothing when the time was over first, or when it is gone
 */
export async function waitForExit(
  context: ContainerContext,
  id: string,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<number | undefined> {
  const deadline =
    options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : context.clock.now() + options.timeoutMs;
  const exits = exitsDirectory(context.paths);
  await mkdir(exits, { recursive: true, mode: 0o700 });
  const over = new AbortController();
  let wake = (): void => {};
  const watching = watchFor(exits, id, over.signal, () => wake());
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const nextChange = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const record = await findRecord(context.paths.containers, id);
      if (!record) return undefined;
      const { derived } = await observeAndSettle(context, record);
      if (derived.state === 'CONTAINER_EXITED') return derived.exitCode;
      const left = deadline - context.clock.now();
      if (left <= 0) return undefined;
      await Promise.race([nextChange, context.clock.sleep(Math.min(left, RECHECK_MS), options)]);
    }
  } finally {
    over.abort();
    await watching;
  }
}

async function watchFor(
  directory: string,
  name: string,
  signal: AbortSignal,
  report: () => void,
): Promise<void> {
  try {
    for await (const { filename } of watch(directory, { signal })) if (filename === name) report();
  } catch {
    // Aborted, or the directory cannot be watched: looking again by the clock remains.
  }
}
