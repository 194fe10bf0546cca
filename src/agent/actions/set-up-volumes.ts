import type { Pod, Volume } from '../../model/api/types.ts';
import { eventTexts } from '../events/event-texts.ts';
import type { PodContext } from './pod-context.ts';
import { messageOf, stepFailure } from './step-failure.ts';
import { volumeSources } from './volume-sources.ts';

/** How often contents that can change are brought up to date. */
const REFRESH_MS = 60_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 120_000;

/** Makes the pod's volumes; done again, it brings their contents up to date. */
export async function setUpVolumes(context: PodContext): Promise<void> {
  const { deps, pod, memory, signal, events } = context;
  const refreshing = memory.volumes.state === 'done';
  try {
    await deps.volumes.setUp(pod, volumeSources(pod, deps, memory), { signal });
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
    ? deps.clock.now() + REFRESH_MS * (1 + deps.random() / 2)
    : Number.POSITIVE_INFINITY;
}

function canChange({ spec }: Pod): boolean {
  const changing = (volume: Volume): boolean =>
    [volume.configMap, volume.secret, volume.downwardAPI, volume.projected].some(
      (source) => source !== undefined,
    );
  return (spec?.volumes ?? []).some(changing);
}
