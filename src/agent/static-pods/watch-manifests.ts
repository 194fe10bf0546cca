import { watch } from 'node:fs/promises';
import type { Clock } from '../../model/clock.ts';
import type { AgentLog } from '../agent-deps.ts';
import { WakeUp } from '../wake-up.ts';
import { type ManifestFolder, readManifestFolder } from './read-manifest-folder.ts';

/** The kubelet's `fileCheckFrequency`: what the kernel does not tell of is found so late. */
const EVERY_MS = 20_000;
/** A file that is being written is read when nobody has written to the folder for so long. */
const QUIET_MS = 200;

export interface WatchManifestsOptions {
  readonly directory: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: AgentLog;
  readonly onChange: (folder: ManifestFolder) => Promise<void>;
}

/** Tells what the folder asks for, at first and whenever it has changed, until the signal is aborted. */
export async function watchManifests(options: WatchManifestsOptions, signal: AbortSignal): Promise<void> {
  const { directory, nodeName, clock, log, onChange } = options;
  const wakeUp = new WakeUp(clock);
  const told = new Map<string, string>();
  const stop = new AbortController();
  const noticing = notice(directory, AbortSignal.any([signal, stop.signal]), clock, () => wakeUp.wake());
  try {
    while (!signal.aborted) {
      wakeUp.reset();
      try {
        const folder = await readManifestFolder(directory, nodeName);
        for (const path of told.keys()) if (!folder.problems.has(path)) told.delete(path);
        for (const [path, error] of folder.problems) {
          const problem = String(error);
          if (told.get(path) !== problem)
            log({ level: 'warn', message: `cannot use the manifest ${path}`, error });
          told.set(path, problem);
        }
        await onChange(folder);
      } catch (error) {
        log({ level: 'warn', message: `cannot read the manifests in ${directory}`, error });
      }
      const sooner = clock.now() + EVERY_MS;
      await wakeUp.wait(sooner, signal);
      if (clock.now() < sooner) await settle(wakeUp, clock, signal);
    }
  } finally {
    stop.abort();
    await noticing;
  }
}

async function settle(wakeUp: WakeUp, clock: Clock, signal: AbortSignal): Promise<void> {
  let quiet = false;
  while (!quiet && !signal.aborted) {
    wakeUp.reset();
    const until = clock.now() + QUIET_MS;
    await wakeUp.wait(until, signal);
    quiet = clock.now() >= until;
  }
}

async function notice(
  directory: string,
  signal: AbortSignal,
  clock: Clock,
  report: () => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const _ of watch(directory, { signal })) report();
    } catch {
      // Aborted, or the folder is not there: it is looked at now and then.
    }
    await clock.sleep(EVERY_MS, { signal }).catch(() => {});
  }
}
