import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Clock } from '../../model/clock.ts';
import { isPeapodError, PeapodError } from '../../model/errors.ts';
import type { PodRuntime, RuntimeEvent } from '../../runtime/pod-runtime.ts';
import { ContainerEventType, type ContainerEventResponseSchema } from '../api/runtime_pb.ts';
import { containerStatusMessage } from '../convert/container-status.ts';
import { nanoseconds } from '../convert/numbers.ts';
import { sandboxStatusMessage } from '../convert/sandbox-status.ts';

export type ContainerEvent = MessageInitShape<typeof ContainerEventResponseSchema>;

/** Events that wait for one client; one that is further behind has to list anew. */
const MAX_WAITING = 1_000;

/** A sandbox's events bear its id as if it were a container: that is what the kubelet expects. */
const TYPES: Record<RuntimeEvent['type'], ContainerEventType> = {
  CONTAINER_CREATED: ContainerEventType.CONTAINER_CREATED_EVENT,
  CONTAINER_STARTED: ContainerEventType.CONTAINER_STARTED_EVENT,
  CONTAINER_STOPPED: ContainerEventType.CONTAINER_STOPPED_EVENT,
  CONTAINER_DELETED: ContainerEventType.CONTAINER_DELETED_EVENT,
  SANDBOX_STOPPED: ContainerEventType.CONTAINER_STOPPED_EVENT,
};

interface Subscriber {
  readonly waiting: ContainerEvent[];
  wake: () => void;
  error: unknown;
}

/** Watches the runtime once for all clients, while there are any. */
export class EventHub {
  readonly #runtime: PodRuntime;
  readonly #clock: Clock;
  readonly #subscribers = new Set<Subscriber>();
  #watching: AbortController | undefined;

  constructor(runtime: PodRuntime, clock: Clock) {
    this.#runtime = runtime;
    this.#clock = clock;
  }

  /**
   * What happens from now on.
   * @throws PeapodError Unavailable when the client reads too slowly, or the runtime cannot be watched
   */
  async *subscribe(signal: AbortSignal): AsyncGenerator<ContainerEvent> {
    const subscriber: Subscriber = { waiting: [], wake: () => {}, error: undefined };
    const onAbort = (): void => subscriber.wake();
    this.#subscribers.add(subscriber);
    signal.addEventListener('abort', onAbort);
    this.#watch();
    try {
      while (!signal.aborted) {
        const next = subscriber.waiting.shift();
        if (next !== undefined) yield next;
        else if (subscriber.error !== undefined) throw subscriber.error;
        else await new Promise<void>((resolve) => (subscriber.wake = resolve));
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) this.#watching?.abort();
    }
  }

  #watch(): void {
    if (this.#watching?.signal.aborted === false) return;
    const watching = new AbortController();
    this.#watching = watching;
    this.#pass(watching.signal).catch((error: unknown) => {
      watching.abort();
      for (const subscriber of this.#subscribers) fail(subscriber, error);
    });
  }

  async #pass(signal: AbortSignal): Promise<void> {
    for await (const event of this.#runtime.events({ signal })) {
      const message = await this.#message(event);
      for (const subscriber of this.#subscribers) {
        if (subscriber.waiting.length >= MAX_WAITING) {
          fail(subscriber, new PeapodError('Unavailable', 'the client is too slow: events were lost'));
          continue;
        }
        subscriber.waiting.push(message);
        subscriber.wake();
      }
    }
  }

  async #message({ type, id, sandboxId }: RuntimeEvent): Promise<ContainerEvent> {
    const createdAt = nanoseconds(this.#clock.now());
    const sandbox = await this.#runtime.podSandboxStatus(sandboxId).catch(orGone);
    const containers = await this.#runtime.listContainers({ sandboxId });
    return {
      containerId: id,
      containerEventType: TYPES[type],
      createdAt,
      ...(sandbox === undefined ? {} : { podSandboxStatus: sandboxStatusMessage(sandbox) }),
      containersStatuses: containers.map(containerStatusMessage),
    };
  }
}

function fail(subscriber: Subscriber, error: unknown): void {
  subscriber.waiting.length = 0;
  subscriber.error ??= error;
  subscriber.wake();
}

function orGone(error: unknown): undefined {
  if (isPeapodError(error, 'NotFound')) return undefined;
  throw error;
}
