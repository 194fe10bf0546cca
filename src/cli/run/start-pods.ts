import type { Event, Pod } from '../../model/api/types.ts';
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
    const present = await presentPods(client, pods);
    const events = await eventsOf(client, present);
    for (const pod of present) {
      const own = events.get(pod.metadata?.uid ?? '') ?? [];
      view.show(pod, own);
      const outcome = startOutcome(pod, own);
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

/** Asked for together: each would be a request of its own, after every change of any. @throws PeapodError NotFound when one is gone */
async function presentPods(client: UserClient, wanted: readonly Pod[]): Promise<Pod[]> {
  const one = ({ metadata }: Pod) => client.getPod(metadata?.namespace ?? 'default', metadata?.name ?? '');
  if (wanted.length === 1) return Promise.all(wanted.map(one));
  const byUid = new Map((await client.listPods()).map((pod) => [pod.metadata?.uid, pod]));
  return Promise.all(wanted.map(async (pod) => byUid.get(pod.metadata?.uid) ?? (await one(pod))));
}

/** Those of pods that still start, by uid: of others they tell nothing any more. */
async function eventsOf(client: UserClient, pods: readonly Pod[]): Promise<Map<string | undefined, Event[]>> {
  const starting = pods.filter((pod) => startOutcome(pod, []).state === 'starting');
  const [first] = starting;
  if (first === undefined) return new Map();
  const involvedUid = first.metadata?.uid ?? '';
  const events = await client.listEvents(starting.length === 1 ? { involvedUid } : {});
  return Map.groupBy(events, ({ involvedObject }) => involvedObject.uid);
}
