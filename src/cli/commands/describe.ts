import { since } from '../../model/status/pod-printer.ts';
import { describePod } from '../describe/describe-pod.ts';
import { findPod } from '../find-pods.ts';
import { openClient } from '../open-client.ts';
import type { Settings } from '../settings.ts';
import { systemClock } from '../system-clock.ts';

/** `peapod describe`: as kubectl describes pods, with their events. */
export async function describe(
  settings: Settings,
  names: readonly string[],
  options: { namespace: string },
): Promise<void> {
  const { client } = openClient(settings);
  const texts = names.map(async (name) => {
    const pod = await findPod(client, options.namespace, name);
    const events = await client.listEvents({ involvedUid: pod.metadata?.uid ?? '' });
    return describePod(pod, events, (time) => since(time, systemClock.now()));
  });
  process.stdout.write((await Promise.all(texts)).join('\n\n'));
}
