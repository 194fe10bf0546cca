import type { Clock } from '../../model/clock.ts';
import { isPeapodError } from '../../model/errors.ts';
import type { EventOptions, RuntimeEvent } from '../../runtime/pod-runtime.ts';
import {
  type ContainerEventResponse,
  ContainerEventType,
  ContainerState,
  PodSandboxState,
  type RuntimeService,
} from '../api/runtime_pb.ts';
import type { ServiceClient } from '../grpc/grpc-client.ts';

/** How often a runtime that tells nothing is asked, as the kubelet does it. */
const RELIST_MS = 1000;
const RETRY_MS = 1000;

const TYPES = new Map<ContainerEventType, RuntimeEvent['type']>([
  [ContainerEventType.CONTAINER_CREATED_EVENT, 'CONTAINER_CREATED'],
  [ContainerEventType.CONTAINER_STARTED_EVENT, 'CONTAINER_STARTED'],
  [ContainerEventType.CONTAINER_STOPPED_EVENT, 'CONTAINER_STOPPED'],
  [ContainerEventType.CONTAINER_DELETED_EVENT, 'CONTAINER_DELETED'],
]);

/** What happens from now on; a runtime that is away is waited for. Ends with the signal. */
export async function* watchEvents(
  service: ServiceClient<typeof RuntimeService>,
  clock: Clock,
  { signal, onLook }: EventOptions,
): AsyncGenerator<RuntimeEvent, void, undefined> {
  let tells = true;
  const seen = new Relist();
  while (!signal.aborted) {
    try {
      if (tells)
        for await (const event of service.getContainerEvents({}, { signal })) yield* readEvent(event);
      else {
        const begun = clock.now();
        const now = await look(service, signal);
        onLook?.(begun, (clock.now() - begun) / 1000);
        yield* seen.compare(now);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isPeapodError(error, 'Unsupported')) {
        tells = false;
        continue;
      }
      if (!isPeapodError(error)) throw error;
    }
    await clock.sleep(tells ? RETRY_MS : RELIST_MS, { signal }).catch(() => {});
  }
}

function* readEvent(event: ContainerEventResponse): Generator<RuntimeEvent> {
  const sandbox = event.podSandboxStatus;
  const sandboxId = sandbox?.id ?? '';
  const podUid = sandbox?.metadata?.uid ?? '';
  const type = TYPES.get(event.containerEventType);
  if (type === undefined) return;
  if (event.containerId !== sandboxId) yield { type, id: event.containerId, sandboxId, podUid };
  else if (type === 'CONTAINER_STOPPED') yield { type: 'SANDBOX_STOPPED', id: sandboxId, sandboxId, podUid };
}

interface Seen {
  readonly sandboxId: string;
  readonly podUid: string;
  readonly state: 'created' | 'running' | 'exited' | 'ready' | 'stopped';
}

const EVENTS = {
  created: 'CONTAINER_CREATED',
  running: 'CONTAINER_STARTED',
  exited: 'CONTAINER_STOPPED',
} as const;

async function look(
  service: ServiceClient<typeof RuntimeService>,
  signal: AbortSignal,
): Promise<Map<string, Seen>> {
  const [{ items }, { containers }] = await Promise.all([
    service.listPodSandbox({}, { signal }),
    service.listContainers({}, { signal }),
  ]);
  const uids = new Map(items.map(({ id, metadata }) => [id, metadata?.uid ?? '']));
  const seen = new Map<string, Seen>();
  for (const { id, state } of items) {
    const ready = state === PodSandboxState.SANDBOX_READY;
    seen.set(id, { sandboxId: id, podUid: uids.get(id) ?? '', state: ready ? 'ready' : 'stopped' });
  }
  for (const { id, podSandboxId: sandboxId, state } of containers) {
    const running = state === ContainerState.CONTAINER_RUNNING;
    const created = state === ContainerState.CONTAINER_CREATED;
    const now = running ? 'running' : created ? 'created' : 'exited';
    seen.set(id, { sandboxId, podUid: uids.get(sandboxId) ?? '', state: now });
  }
  return seen;
}

/** Tells what has changed from one look to the next; the first one tells nothing. */
class Relist {
  #before: Map<string, Seen> | undefined;

  *compare(now: Map<string, Seen>): Generator<RuntimeEvent> {
    const before = this.#before;
    this.#before = now;
    if (before === undefined) return;
    for (const [id, { state, ...whose }] of now) {
      if (before.get(id)?.state === state) continue;
      if (state === 'stopped') yield { type: 'SANDBOX_STOPPED', id, ...whose };
      else if (state !== 'ready') yield { type: EVENTS[state], id, ...whose };
    }
    for (const [id, { state, ...whose }] of before) {
      if (now.has(id)) continue;
      const isSandbox = state === 'ready' || state === 'stopped';
      if (!isSandbox) yield { type: 'CONTAINER_DELETED', id, ...whose };
      else if (state === 'ready') yield { type: 'SANDBOX_STOPPED', id, ...whose };
    }
  }
}
