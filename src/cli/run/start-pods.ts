import type { Event, Pod } from '../../model/api/types.ts';
import type { UserClient } from '../../client/user-client.ts';
import type { Terminal } from '../output/terminal.ts';
import { startOutcome } from '../../model/status/start-outcome.ts';
import { repeatLatest } from './repeat-latest.ts';
import { StartView } from './start-view.ts';

/** Most pods have started before anybody has to ask what happens to them. */
const EVENTS_EVERY_MS = 300;

type EventsByUid = ReadonlyMap<string | undefined, readonly Event[]>;

/**
 * Shows what happens to them until all have been started or wait for room, one can't be started, or
 * the signal aborts.
 * @returns why one can't be started
 * @throws PeapodError NotFound when one is gone
 */
export async function startPods(
  client: UserClient,
  pods: readonly Pod[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string | undefined> {
  const stop = new AbortController();
  using view = new StartView(terminal);
  let events: EventsByUid = new Map();
  const changes = client.followPods({ signal: AbortSignal.any([signal, stop.signal]), ...onlyOne(pods) });
  try {
    for await (const { latest, isRepeated } of repeatLatest(changes, EVENTS_EVERY_MS)) {
      const present = await presentPods(client, latest, pods);
      if (isRepeated) events = await eventsOf(client, present);
      const { failure, isSettled, pending } = outcomeOf(present, events);
      for (const pod of present) view.show(pod, events.get(pod.metadata?.uid) ?? []);
      if (failure !== undefined) return failure;
      if (!isSettled) continue;
      for (const line of pending) view.warn(line);
      break;
    }
  } finally {
    stop.abort();
  }
  return undefined;
}

interface Outcome {
  /** Why a pod can't be started. */
  readonly failure: string | undefined;
  readonly isSettled: boolean;
  /** What pods wait for, a line each. */
  readonly pending: readonly string[];
}

function outcomeOf(pods: readonly Pod[], events: EventsByUid): Outcome {
  const outcomes = pods.map((pod) => ({
    name: pod.metadata?.name,
    ...startOutcome(pod, events.get(pod.metadata?.uid) ?? []),
  }));
  const failed = outcomes.find(({ state }) => state === 'failed');
  return {
    failure: failed?.state === 'failed' ? `cannot start pod "${failed.name}": ${failed.message}` : undefined,
    isSettled: outcomes.every(({ state }) => state !== 'starting'),
    pending: outcomes.flatMap((one) =>
      one.state === 'pending' ? [`pod "${one.name}" stays Pending: ${one.message}`] : [],
    ),
  };
}

function onlyOne(pods: readonly Pod[]): { only?: { namespace: string; name: string } } {
  const [first, ...others] = pods;
  if (first === undefined || others.length > 0) return {};
  return { only: { namespace: first.metadata?.namespace ?? 'default', name: first.metadata?.name ?? '' } };
}

/** @throws PeapodError NotFound */
async function presentPods(
  client: UserClient,
  latest: readonly Pod[],
  wanted: readonly Pod[],
): Promise<Pod[]> {
  const byUid = new Map(latest.map((pod) => [pod.metadata?.uid, pod]));
  return Promise.all(
    wanted.map(
      async ({ metadata }) =>
        byUid.get(metadata?.uid) ??
        (await client.getPod(metadata?.namespace ?? 'default', metadata?.name ?? '')),
    ),
  );
}

/** Those of pods that still start, by uid: of others they tell nothing any more. */
async function eventsOf(client: UserClient, pods: readonly Pod[]): Promise<EventsByUid> {
  const starting = pods.filter((pod) => startOutcome(pod, []).state === 'starting');
  const [first] = starting;
  if (first === undefined) return new Map();
  const involvedUid = first.metadata?.uid ?? '';
  const events = await client.listEvents(starting.length === 1 ? { involvedUid } : {});
  return Map.groupBy(events, ({ involvedObject }) => involvedObject.uid);
}
