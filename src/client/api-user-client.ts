import { setTimeout as delay } from 'node:timers/promises';
import type { EphemeralContainer, Event, PersistentVolumeClaim, Pod } from '../model/api/types.ts';
import { isPeapodError } from '../model/errors.ts';
import { ApiError } from './api-error.ts';
import type { ApiClient } from './api-client.ts';
import { EventQueue } from './event-queue.ts';
import { CLAIMS, EVENTS, PODS } from './resource-types.ts';
import type { UserClient } from './user-client.ts';

const RETRY_MS = 200;
/** How long a server may take to come back after it was killed. */
const PATIENCE_MS = 30_000;

/** A server's pods. One that is being restarted is waited for, half a minute at most. */
export class ApiUserClient implements UserClient {
  readonly api: ApiClient;

  constructor(api: ApiClient) {
    this.api = api;
  }

  async listPods(): Promise<Pod[]> {
    return (await patiently(() => this.api.list(PODS))).items;
  }

  getPod(namespace: string, name: string): Promise<Pod> {
    return patiently(() => this.api.get(PODS, namespace, name));
  }

  async deletePod(
    namespace: string,
    name: string,
    { uid, gracePeriodSeconds }: { uid?: string; gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    let asked = 0;
    try {
      await patiently(() => {
        asked += 1;
        return this.api.delete(PODS, namespace, name, {
          ...(uid === undefined ? {} : { preconditions: { uid } }),
          ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
        });
      });
    } catch (error) {
      // An answer that was lost may have said that it is gone.
      if (asked > 1 && isPeapodError(error, 'NotFound')) return;
      // Another pod has taken the name: the one that was meant is gone.
      if (!isPeapodError(error, 'Conflict')) throw error;
    }
  }

  async annotatePod({ metadata }: Pod, annotations: Readonly<Record<string, string>>): Promise<void> {
    const { namespace = '', name = '', uid } = metadata ?? {};
    await patiently(() => this.api.patch(PODS, namespace, name, 'merge', { metadata: { uid, annotations } }));
  }

  async addEphemeralContainer({ metadata }: Pod, container: EphemeralContainer): Promise<void> {
    const { namespace = '', name = '' } = metadata ?? {};
    const patch = { spec: { ephemeralContainers: [container] } };
    await this.api.patch(PODS, namespace, name, 'strategic', patch, { subresource: 'ephemeralcontainers' });
  }

  async listEvents({ involvedUid }: { involvedUid?: string } = {}): Promise<Event[]> {
    const select = involvedUid === undefined ? {} : { fieldSelector: `involvedObject.uid=${involvedUid}` };
    const { items } = await patiently(() => this.api.list(EVENTS, select));
    return items.sort((a, b) => timeOf(a) - timeOf(b));
  }

  /** A server that is away is waited for. */
  async *watchChanges({ signal }: { signal: AbortSignal }): AsyncGenerator<void> {
    const stop = new AbortController();
    const ended = AbortSignal.any([signal, stop.signal]);
    const queue = new EventQueue<'changed'>();
    const watching = this.#watch(() => queue.push('changed'), ended);
    try {
      for await (const _ of queue.events(ended)) yield;
    } finally {
      stop.abort();
      await watching;
    }
  }

  getPersistentVolumeClaim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined> {
    return patiently(() => this.api.find(CLAIMS, namespace, name));
  }

  async #watch(changed: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const { resourceVersion } = await this.api.list(PODS, { signal });
        changed();
        for await (const { type } of this.api.watch(PODS, { resourceVersion, signal }))
          if (type !== 'BOOKMARK') changed();
      } catch {
        // Whatever it was, the next list tells what became of it.
      }
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/** For what may be asked twice. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isAway(error) || performance.now() > end) throw error;
    }
    await delay(RETRY_MS);
  }
}

function isAway(error: unknown): boolean {
  return isPeapodError(error, 'Unavailable') && !(error instanceof ApiError);
}

function timeOf({ lastTimestamp, eventTime, metadata }: Event): number {
  return Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '') || 0;
}
