import type { ObjectReference } from '../model/api/types.ts';
import { isPeapodError } from '../model/errors.ts';
import { apiTime } from '../model/status/pod-conditions.ts';
import type { ApiClient, KubernetesObject } from './api-client.ts';
import { eventName } from './event-name.ts';
import { EVENTS } from './resource-types.ts';

export interface EventRecorderOptions {
  readonly client: ApiClient;
  /** Who tells. */
  readonly component: string;
  /** The node that it happens on, where it happens on one. */
  readonly host?: string;
}

export interface Occurrence {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The part of the object that it is about. */
  readonly fieldPath?: string;
}

/** How many events are remembered, to be counted up instead of written anew. */
const REMEMBERED = 1000;

/**
 * Writes down what happens to objects. What has been told before is counted up, as long as its event is there; of what has no namespace it is told
 * in the default one.
 * @see kubernetes/client-go/tools/record/events_cache.go
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #known = new Map<string, { namespace: string; name: string; count: number }>();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  /** @throws PeapodError when it cannot be written */
  async record(object: KubernetesObject, occurrence: Occurrence): Promise<void> {
    const key = keyOf(object, occurrence);
    if (await this.#countUp(key, occurrence)) return;
    const { client, component, host } = this.#options;
    const { type, reason, message, at } = occurrence;
    const time = apiTime(at);
    const namespace = object.metadata?.namespace || 'default';
    const name = eventName(object.metadata?.name ?? '', at);
    await client.create(EVENTS, {
      metadata: { namespace, name },
      involvedObject: referenceTo(object, occurrence.fieldPath),
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: time,
      lastTimestamp: time,
      source: { component, ...(host === undefined ? {} : { host }) },
      reportingComponent: component,
      reportingInstance: host ?? '',
    });
    this.#remember(key, { namespace, name, count: 1 });
  }

  /** @returns whether there is an event that now says so */
  async #countUp(key: string, { at }: Occurrence): Promise<boolean> {
    const known = this.#known.get(key);
    if (known === undefined) return false;
    const patch = { count: known.count + 1, lastTimestamp: apiTime(at) };
    try {
      await this.#options.client.patch(EVENTS, known.namespace, known.name, 'merge', patch);
    } catch (error) {
      if (!isPeapodError(error, 'NotFound') && !isPeapodError(error, 'Conflict')) throw error;
      return false;
    }
    this.#remember(key, { ...known, count: known.count + 1 });
    return true;
  }

  /** The one told of last is forgotten last. */
  #remember(key: string, event: { namespace: string; name: string; count: number }): void {
    this.#known.delete(key);
    this.#known.set(key, event);
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }
}

function keyOf(
  { kind, metadata }: KubernetesObject,
  { type, reason, message, fieldPath }: Occurrence,
): string {
  const { namespace, name, uid } = metadata ?? {};
  return JSON.stringify([kind, namespace, name, uid, type, reason, fieldPath, message]);
}

function referenceTo(
  { apiVersion = '', kind = '', metadata }: KubernetesObject,
  fieldPath: string | undefined,
): ObjectReference {
  const { namespace, name = '', uid = '', resourceVersion } = metadata ?? {};
  return {
    apiVersion,
    kind,
    name,
    uid,
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}
