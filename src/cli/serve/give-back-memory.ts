import type { Clock } from '../../model/clock.ts';
import { nextBeat } from '../../model/nearest-beat.ts';

const LOOK_MS = 10_000;
/** Of a core, between two looks. More is work, less is rest. */
const BUSY_SHARE = 0.05;

export interface MemoryKeeper {
  readonly clock: Clock;
  /** Of this process so far, in microseconds. */
  readonly cpuMicros: () => number;
  readonly trim: () => void;
}

/** Whenever work has come to an end, gives back what it took of memory and nobody needs any more, until the signal aborts. */
export async function giveBackMemory(
  { clock, cpuMicros, trim }: MemoryKeeper,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  let isOwed = true;
  let [lookedAt, used] = [clock.now(), cpuMicros()];
  for (;;) {
    await clock.sleep(nextBeat(clock.now(), LOOK_MS) - clock.now(), { signal }).catch(() => {});
    if (signal.aborted) return;
    const [now, usedNow] = [clock.now(), cpuMicros()];
    const isBusy = usedNow - used > (now - lookedAt) * 1000 * BUSY_SHARE;
    if (isOwed && !isBusy) trim();
    isOwed = isBusy;
    [lookedAt, used] = [now, usedNow];
  }
}
