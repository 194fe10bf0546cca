import { setTimeout as delay } from 'node:timers/promises';
import { killTree } from './kill-tree.ts';

/** Much longer than any of these programs takes; one that hangs must not be waited for. */
const PATIENCE_MS = 5000;

/**
 * Waits until the programs that a killed process has left at work are done, so that nothing is made behind the back of whoever clears up;
 * those that do not end are killed with all that they started.
 * @param find their PIDs now
 */
export async function endUnfinished(find: () => number[]): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 50)) {
    const left = find();
    if (left.length === 0) return;
    if (performance.now() > end) for (const pid of left) killTree(pid);
    await delay(waitMs);
  }
}
