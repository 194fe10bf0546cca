import { isDeepStrictEqual } from 'node:util';
import { nearestBeat } from '../../model/nearest-beat.ts';
import { eventTexts } from '../events/event-texts.ts';
import type { PodContext } from './pod-context.ts';
import type { VolumeSources } from '../../runtime/pod-volumes.ts';
import { refreshPeriod } from './refresh-period.ts';
import { SeenSources } from './seen-sources.ts';
import { messageOf, stepFailure } from './step-failure.ts';
import { volumeSources } from './volume-sources.ts';

/** How often they are made anew though nothing has changed: somebody may have damaged them. */
const REPAIR_MS = 15 * 60_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 120_000;

/** Makes the pod's volumes; done again, it brings their contents up to date. */
export async function setUpVolumes(context: PodContext): Promise<void> {
  const { deps, pod, memory, signal, events } = context;
  const refreshing = memory.volumes.state === 'done';
  const sources = volumeSources(pod, deps, memory);
  try {
    if (!(await areFresh(context, sources))) {
      const seen = new SeenSources();
      memory.volumesSeen = undefined;
      await deps.volumes.setUp(pod, seen.watching(sources), { signal });
      memory.volumesSeen = { sources: seen, spec: pod.spec, at: deps.clock.now() };
    }
    memory.volumes = { state: 'done' };
    memory.volumeFailures = 0;
  } catch (error) {
    signal.throwIfAborted();
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** memory.volumeFailures++, LONGEST_RETRY_MS);
    // What runs already keeps what it has.
    if (!refreshing)
      memory.volumes = { state: 'failed', ...stepFailure(context, 'FailedMount', error, retryMs) };
    events.record(pod, eventTexts.failedMount(messageOf(error)));
  }
  const periodMs = refreshPeriod(pod);
  memory.volumesStaleAt =
    periodMs === undefined
      ? Number.POSITIVE_INFINITY
      : nearestBeat(deps.clock.now() + periodMs * (1 + deps.random() / 2), periodMs);
}

/** Whether they were made a while ago of what they would be made of now. What became of them since is looked at now and then. */
async function areFresh({ deps, pod, memory }: PodContext, sources: VolumeSources): Promise<boolean> {
  const { volumesSeen: seen } = memory;
  if (seen === undefined || deps.clock.now() - seen.at >= REPAIR_MS) return false;
  return isDeepStrictEqual(seen.spec, pod.spec) && !(await seen.sources.haveChanged(sources));
}
