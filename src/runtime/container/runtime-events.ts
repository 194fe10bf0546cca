import { watch } from 'node:fs/promises';
import type { Clock } from '../../model/clock.ts';
import { nextBeat } from '../../model/nearest-beat.ts';
import { processHandles } from '../linux/process-handles.ts';
import type { RuntimePaths } from '../paths.ts';
import type { ContainerStatus, EventOptions, PodSandboxStatus, RuntimeEvent } from '../pod-runtime.ts';
import { exitsDirectory } from './container-paths.ts';
import { diffSnapshots, type Snapshot, snapshotOf } from './diff-snapshots.ts';
import { mkdir } from '../linux/files.ts';

export interface EventSource {
  paths: RuntimePaths;
  clock: Clock;
  listContainers(): Promise<ContainerStatus[]>;
  listPodSandboxes(): Promise<PodSandboxStatus[]>;
}

/** How soon the death of an infra container is seen, or of a conmon, which nobody reports. */
const TICK_MS = 2000;
/** When all is looked at once more after something has changed, or when nothing can be reported: what is younger may not be held by a descriptor. */
const SETTLE_MS = 10_000;
/** How often all is looked at, though nothing was reported and nobody has died. The kubelet's, where its runtime tells of events. */
const RELIST_MS = 300_000;
/** After a look at everything, so many times as long as it took nothing is looked at: of many reports most are answered by one look. */
const REST = 9;

/** What changes from now on, by comparing what there is whenever something was reported, and now and then without. Ends with the signal. */
export async function* runtimeEvents(
  source: EventSource,
  { signal, onLook }: EventOptions,
): AsyncGenerator<RuntimeEvent, void, undefined> {
  const exits = exitsDirectory(source.paths);
  await mkdir(exits, { recursive: true, mode: 0o700 });
  const over = new AbortController();
  let changed = false;
  let wake = (): void => {};
  let isWatched = true;
  const watching = watchDirectory(exits, AbortSignal.any([signal, over.signal]), () => {
    changed = true;
    wake();
  }).finally(() => {
    isWatched = false;
  });
  try {
    let ended = processHandles.countEnded();
    let before = await look(source, onLook);
    let relistAt = nextBeat(source.clock.now(), SETTLE_MS);
    while (!signal.aborted) {
      if (!changed) await pause(source.clock, signal, (notify) => (wake = notify));
      if (signal.aborted) return;
      const begun = source.clock.now();
      const deaths = processHandles.countEnded();
      const isQuiet = !changed && deaths === ended;
      if (isQuiet && begun < relistAt) continue;
      changed = false;
      ended = deaths;
      const now = await look(source, onLook);
      const events = diffSnapshots(before, now);
      relistAt = nextBeat(begun, isQuiet && isWatched && events.length === 0 ? RELIST_MS : SETTLE_MS);
      yield* events;
      before = now;
      const restMs = (source.clock.now() - begun) * REST;
      if (restMs > 0) await source.clock.sleep(restMs, { signal }).catch(() => {});
    }
  } finally {
    over.abort();
    await watching;
  }
}

const REPORTED = new Error('something was reported');

async function look(source: EventSource, onLook: EventOptions['onLook']): Promise<Snapshot> {
  const begun = source.clock.now();
  const containers = await source.listContainers();
  const sandboxes = await source.listPodSandboxes();
  onLook?.(begun, (source.clock.now() - begun) / 1000);
  return snapshotOf(containers, sandboxes);
}

/** Until the next report, or the next tick. */
async function pause(
  clock: Clock,
  signal: AbortSignal,
  onReport: (notify: () => void) => void,
): Promise<void> {
  const done = new AbortController();
  const end = (): void => done.abort(REPORTED);
  onReport(end);
  signal.addEventListener('abort', end, { once: true });
  const now = clock.now();
  await clock.sleep(nextBeat(now, TICK_MS) - now, { signal: done.signal }).catch(() => {});
  signal.removeEventListener('abort', end);
}

async function watchDirectory(directory: string, signal: AbortSignal, report: () => void): Promise<void> {
  try {
    for await (const _ of watch(directory, { signal })) report();
  } catch {
    // Aborted, or the directory cannot be watched: the ticks remain.
  }
}
