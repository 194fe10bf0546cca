import type { Pod } from '../../model/api/types.ts';
import type { UserClient } from '../../client/user-client.ts';
import type { Terminal } from '../output/terminal.ts';
import { startOutcome } from '../../model/status/start-outcome.ts';
import { StartView } from './start-view.ts';

/**
 * Shows what happens to them until all have been started or wait for room, one can't be started, or
 * the signal aborts.
 * @returns why one can't be started
 */
export async function startPods(
  client: UserClient,
  pods: readonly Pod[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string | undefined> {
  using view = new StartView(terminal);
  for await (const _ of client.watchChanges({ signal })) {
    let settled = 0;
    const pending: string[] = [];
    for (const { metadata } of pods) {
      const pod = await client.getPod(metadata?.namespace ?? 'default', metadata?.name ?? '');
      const events = await client.listEvents({ involvedUid: pod.metadata?.uid ?? '' });
      view.show(pod, events);
      const outcome = startOutcome(pod, events);
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
