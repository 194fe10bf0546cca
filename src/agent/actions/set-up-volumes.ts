import { isDeepStrictEqual } from 'node:util';
import type { Pod, Volume } from '../../model/api/types.ts';
import { nearestBeat } from '../../model/nearest-beat.ts';
import { eventTexts } from '../events/event-texts.ts';
import type { PodContext } from './pod-context.ts';
import type { VolumeSources } from '../../runtime/pod-volumes.ts';
import { SeenSources } from './seen-sources.ts';
import { messageOf, stepFailure } from './step-failure.ts';
import { volumeSources } from './volume-sources.ts';

/** How often contents that can change are brought up to date. */
const REFRESH_MS = 60_000;
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
  memory.volumesStaleAt = canChange(pod)
    ? nearestBeat(deps.clock.now() + REFRESH_MS * (1 + deps.random() / 2), REFRESH_MS)
    : Number.POSITIVE_INFINITY;
}

/** Whether they were made a while ago of what they would be made of now. What became of them since is looked at now and then. */
async function areFresh({ deps, pod, memory }: PodContext, sources: VolumeSources): Promise<boolean> {
  const { volumesSeen: seen } = memory;
  if (seen === undefined || deps.clock.now() - seen.at >= REPAIR_MS) return false;
  return isDeepStrictEqual(seen.spec, pod.spec) && !(await seen.sources.haveChanged(sources));
}

function canChange({ spec }: Pod): boolean {
  const changing = (volume: Volume): boolean =>
    [volume.configMap, volume.secret, volume.downwardAPI, volume.projected].some(
      (source) => source !== undefined,
    );
  return (spec?.volumes ?? []).some(changing);
}
