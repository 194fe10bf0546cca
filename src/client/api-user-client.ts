import { setTimeout as delay } from 'node:timers/promises';
import type { EphemeralContainer, Event, PersistentVolumeClaim, Pod } from '../model/api/types.ts';
import { isPeapodError } from '../model/errors.ts';
import { ApiError } from './api-error.ts';
import type { ApiClient } from './api-client.ts';
import { EventQueue } from './event-queue.ts';
import { CLAIMS, EVENTS, PODS } from './resource-types.ts';
import type { FollowOptions, PodName, UserClient } from './user-client.ts';

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
  async *followPods({ signal, only }: FollowOptions): AsyncGenerator<readonly Pod[]> {
    const stop = new AbortController();
    const ended = AbortSignal.any([signal, stop.signal]);
    const pods = new Map<string, Pod>();
    const queue = new EventQueue<'changed'>();
    let isTold = false;
    const changed = () => {
      if (!isTold) queue.push('changed');
      isTold = true;
    };
    const watching = this.#follow(pods, only, changed, ended);
    try {
      for await (const _ of queue.events(ended)) {
        isTold = false;
        yield [...pods.values()];
      }
    } finally {
      stop.abort();
      await watching;
    }
  }

  getPersistentVolumeClaim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined> {
    return patiently(() => this.api.find(CLAIMS, namespace, name));
  }

  /** Keeps `pods`, by namespace and name, as the server has them. */
  async #follow(
    pods: Map<string, Pod>,
    only: PodName | undefined,
    changed: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const select = only === undefined ? {} : { fieldSelector: `metadata.name=${only.name}` };
    const options = { namespace: only?.namespace ?? '', ...select, sendInitialEvents: true as const, signal };
    while (!signal.aborted) {
      let isComplete = false;
      const seen = new Set<string>();
      try {
        for await (const { type, object } of this.api.watch(PODS, options)) {
          if (type === 'BOOKMARK') {
            if (!isComplete) for (const key of pods.keys()) if (!seen.has(key)) pods.delete(key);
            isComplete = true;
          } else {
            const { namespace = '', name = '' } = object.metadata ?? {};
            const key = `${namespace}/${name}`;
            seen.add(key);
            if (type === 'DELETED') pods.delete(key);
            else pods.set(key, object);
          }
          if (isComplete) changed();
        }
      } catch {
        // Whatever it was, the next watch tells what became of it.
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
