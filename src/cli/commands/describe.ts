import { uidOnNode } from '../../model/mirror-pod.ts';
import { since } from '../../model/status/pod-printer.ts';
import { describePod } from '../describe/describe-pod.ts';
import { openSources } from '../engine/pod-source.ts';
import { findPod } from '../find-pods.ts';
import { terminalOf } from '../output/terminal.ts';
import type { Settings } from '../settings.ts';
import { systemClock } from '../system-clock.ts';

/** `peapod describe`: as kubectl describes pods, with their events. */
export async function describe(
  settings: Settings,
  names: readonly string[],
  options: { namespace: string },
): Promise<void> {
  const terminal = terminalOf(process.stdout);
  await using sources = await openSources(settings);
  const texts = names.map(async (name) => {
    const { pod, source } = await findPod(sources, options.namespace, name);
    const events = await source.client.listEvents({ involvedUid: uidOnNode(pod) });
    return describePod(pod, events, (time) => since(time, systemClock.now()), terminal);
  });
  process.stdout.write((await Promise.all(texts)).join('\n\n'));
}
