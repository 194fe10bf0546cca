import type { Pod } from '../../model/api/types.ts';
import type { Host } from '../host.ts';
import { createPlaced } from '../placement/place-pods.ts';
import type { Terminal } from '../output/terminal.ts';
import { startOutcome } from './start-outcome.ts';
import { StartView } from './start-view.ts';

/**
 * Creates the pods and shows what happens to them until all have been started or wait for room, one can't be started, or
 * the signal aborts.
 * @returns why one can't be started
 */
export async function startPods(
  host: Host,
  pods: readonly Pod[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { client } = host;
  using view = new StartView(terminal);
  for (const pod of pods) await createPlaced(host, pod);
  for await (const _ of client.watchChanges({ signal })) {
    let settled = 0;
    const pending: string[] = [];
    for (const { metadata } of pods) {
      const pod = await client.getPod(metadata?.namespace ?? 'default', metadata?.name ?? '');
      view.show(pod);
      const outcome = startOutcome(pod, await client.listEvents({ involvedUid: pod.metadata?.uid ?? '' }));
      if (outcome.state === 'failed') return `cannot start pod "${pod.metadata?.name}": ${outcome.message}`;
      if (outcome.state === 'pending')
        pending.push(`pod "${pod.metadata?.name}" stays Pending: ${outcome.message}`);
      if (outcome.state !== 'starting') settled += 1;
    }
    if (settled < pods.length) continue;
    for (const line of pending) view.warn(line);
    break;
  }
  return undefined;
}
