/**
 * Keeps what the server has of some kind: lists, then watches, and begins anew when the watch ends or is too old. Its objects may
 * be shared with the server, and must not be changed.
 *
 *     listing ──► watching ──(ended, expired, failed: wait a little)──► listing …
 *
 * @see kubernetes/staging/src/k8s.io/client-go/tools/cache/reflector.go
 */
import type { Clock } from '../model/clock.ts';
import { isPeapodError } from '../model/errors.ts';
import type { ApiClient, KubernetesObject, ListOptions } from './api-client.ts';
import type { ResourceType } from './resource-types.ts';

export interface InformerHandlers<T> {
  readonly onAdd?: (object: T) => void;
  readonly onUpdate?: (object: T, previous: T) => void;
  readonly onDelete?: (object: T) => void;
}

export interface InformerOptions<T> extends InformerHandlers<T> {
  readonly client: ApiClient;
  readonly type: ResourceType<T>;
  readonly select?: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Told of each failure; it is tried again. */
  readonly onError?: (error: unknown) => void;
}

export interface Informer<T> {
  /** Resolves when the first list is known; never when the signal aborts first. */
  readonly synced: Promise<void>;
  readonly isSynced: () => boolean;
  /** @param namespace empty for kinds that have none */
  get(namespace: string, name: string): T | undefined;
  list(): T[];
  /** Resolves when the signal has aborted and nothing is under way. */
  readonly ended: Promise<void>;
}

const BACKOFF = { firstMs: 800, mostMs: 30_000, factor: 2 };

export function startInformer<T extends KubernetesObject>(options: InformerOptions<T>): Informer<T> {
  const reflector = new Reflector(options);
  const ended = reflector.run();
  return {
    synced: reflector.synced.promise,
    isSynced: () => reflector.isSynced,
    get: (namespace, name) => reflector.objects.get(`${namespace}/${name}`),
    list: () => [...reflector.objects.values()],
    ended,
  };
}

class Reflector<T extends KubernetesObject> {
  readonly objects = new Map<string, T>();
  readonly synced = Promise.withResolvers<void>();
  isSynced = false;
  readonly #options: InformerOptions<T>;
  #resourceVersion = '';

  constructor(options: InformerOptions<T>) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { signal, clock, random, onError } = this.#options;
    let backoffMs = BACKOFF.firstMs;
    while (!signal.aborted) {
      const begin = clock.now();
      try {
        if (this.#resourceVersion === '') await this.#list();
        await this.#watch();
      } catch (error) {
        if (signal.aborted) return;
        if (isPeapodError(error, 'Expired')) this.#resourceVersion = '';
        else onError?.(error);
      }
      // Who has held out for a while begins again at once.
      if (clock.now() - begin > BACKOFF.mostMs) backoffMs = BACKOFF.firstMs;
      await clock.sleep(backoffMs * (1 + random()), { signal }).catch(() => {});
      backoffMs = Math.min(BACKOFF.mostMs, backoffMs * BACKOFF.factor);
    }
  }

  async #list(): Promise<void> {
    const { client, type, select = {}, signal } = this.#options;
    const found = new Map<string, T>();
    let continueToken = '';
    let version = '';
    do {
      const page = await client.list(type, { ...select, limit: 500, continueToken, readOnly: true, signal });
      for (const object of page.items) found.set(keyOf(object), object);
      ({ continueToken } = page);
      version = page.resourceVersion;
    } while (continueToken !== '');
    for (const [key, object] of Array.from(this.objects)) if (!found.has(key)) this.#delete(key, object);
    for (const object of found.values()) this.#put(object);
    this.#resourceVersion = version;
    this.isSynced = true;
    this.synced.resolve();
  }

  async #watch(): Promise<void> {
    const { client, type, select = {}, signal } = this.#options;
    const resourceVersion = this.#resourceVersion;
    for await (const event of client.watch(type, { ...select, resourceVersion, readOnly: true, signal })) {
      const { object } = event;
      if (event.type === 'DELETED') this.#delete(keyOf(event.object), event.object);
      else if (event.type !== 'BOOKMARK') this.#put(event.object);
      this.#resourceVersion = object.metadata?.resourceVersion ?? this.#resourceVersion;
    }
  }

  #put(object: T): void {
    const key = keyOf(object);
    const previous = this.objects.get(key);
    if (previous?.metadata?.resourceVersion === object.metadata?.resourceVersion && previous !== undefined)
      return;
    this.objects.set(key, object);
    if (previous === undefined) this.#options.onAdd?.(object);
    else if (previous.metadata?.uid === object.metadata?.uid) this.#options.onUpdate?.(object, previous);
    else {
      // The name was taken anew while nobody looked.
      this.#options.onDelete?.(previous);
      this.#options.onAdd?.(object);
    }
  }

  #delete(key: string, object: T): void {
    if (!this.objects.delete(key)) return;
    this.#options.onDelete?.(object);
  }
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}
