import type { Clock } from '../../model/clock.ts';
import { LiveBlock } from './live-block.ts';
import type { Terminal } from './terminal.ts';

/**
 * Shows lines that are read anew every so often, until the signal aborts: in place on a terminal, elsewhere one list after the other with an
 * empty line between them.
 * @throws what `read` throws; what was shown last stays
 */
export async function redraw(
  terminal: Terminal,
  read: () => Promise<readonly string[]>,
  { everyMs, clock, signal }: { everyMs: number; clock: Clock; signal: AbortSignal },
): Promise<void> {
  const block = new LiveBlock(terminal);
  for (let times = 0; !signal.aborted; times += 1) {
    const lines = await read();
    if (terminal.isTty) block.draw(lines);
    else terminal.write(`${times === 0 ? '' : '\n'}${lines.map((line) => `${line}\n`).join('')}`);
    await clock.sleep(everyMs, { signal }).catch(() => {});
  }
}
