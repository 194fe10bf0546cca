import { randomUUID } from 'node:crypto';
import type { ApiClient } from '../../client/api-client.ts';
import { EVENTS } from '../../client/resource-types.ts';
import type { Clock } from '../../model/clock.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';

/** The same event is not told again so soon. */
const QUIET_MS = 60_000;

export interface NodeEventsOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly nodeName: string;
  readonly onError: (error: unknown) => void;
}

/** Records what happens to the node. That an event cannot be written stops nobody. */
export class NodeEvents {
  readonly #options: NodeEventsOptions;
  readonly #toldAt = new Map<string, number>();

  constructor(options: NodeEventsOptions) {
    this.#options = options;
  }

  async record(type: 'Normal' | 'Warning', reason: string, message: string): Promise<void> {
    const { client, clock, nodeName, onError } = this.#options;
    const now = clock.now();
    if (now - (this.#toldAt.get(message) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    this.#toldAt.set(message, now);
    const time = apiTime(now);
    try {
      await client.create(EVENTS, {
        metadata: { name: `${nodeName}.${randomUUID().slice(0, 8)}`, namespace: 'default' },
        involvedObject: { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: nodeName },
        type,
        reason,
        message,
        count: 1,
        firstTimestamp: time,
        lastTimestamp: time,
        source: { component: 'peapod', host: nodeName },
        reportingComponent: 'peapod',
        reportingInstance: nodeName,
      });
    } catch (error) {
      onError(error);
    }
  }
}
