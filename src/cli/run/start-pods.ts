import type { Pod } from '../../model/api/types.ts';
import type { Host } from '../host.ts';
import type { Terminal } from '../output/terminal.ts';
import { startOutcome } from './start-outcome.ts';
import { StartView } from './start-view.ts';

/**
 * Creates the pods and shows what happens to them until all have been started, one can't be, or the signal aborts.
 * @returns why one can't be started
 */
export async function startPods(
  { client }: Host,
  pods: readonly Pod[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string | undefined> {
  using view = new StartView(terminal);
  for (const pod of pods) await client.createPod(pod);
  for await (const _ of client.watchChanges({ signal })) {
    let started = 0;
    for (const { metadata } of pods) {
      const pod = await client.getPod(metadata?.namespace ?? 'default', metadata?.name ?? '');
      view.show(pod);
      const outcome = startOutcome(pod, await client.listEvents({ involvedUid: pod.metadata?.uid ?? '' }));
      if (outcome.state === 'failed') return `cannot start pod "${pod.metadata?.name}": ${outcome.message}`;
      if (outcome.state === 'started') started += 1;
    }
    if (started === pods.length) break;
  }
  return undefined;
}
