/**
 * All objects in memory: lists and watches are served from here, and each object and event is put into bytes once, however many
 * clients want it. One watch of the store feeds it, so it is never ahead of what is durable, nor out of order.
 */
import { PeapodError } from '../../model/errors.ts';
import type { Store, StoreEvent } from '../../store/store.ts';
import { damageOf, StoredObject } from './stored-object.ts';
import { Subscription } from './subscription.ts';

/** A change of one object. */
export interface ObjectChange {
  readonly key: string;
  readonly revision: number;
  /** Nothing when the object was deleted. */
  readonly current: StoredObject | undefined;
  /** Nothing when the object is new. */
  readonly previous: StoredObject | undefined;
}

/** How many changes are kept for watches that begin in the past; older ones are asked of the store. */
const HISTORY = 10_000;
/** Nor more than so much, as it lies in the store: what is sent and what is parsed of it is held too, some three times as much. */
const HISTORY_BYTES = 2 * 1024 ** 2;

const REMEMBERED_LENGTH = 100;
const REMEMBERED_LISTS = 100;

export class WatchCache implements AsyncDisposable {
  readonly #store: Store;
  readonly #folders = new Map<string, Map<string, StoredObject>>();
  readonly #subscriptions = new Map<string, Set<Subscription>>();
  readonly #stop = new AbortController();
  /** Short lists as they were last asked for, by folder and prefix: every new pod asks for the same few. */
  readonly #lists = new Map<string, Map<string, readonly StoredObject[]>>();
  readonly #damaged = new Map<string, PeapodError>();
  #history: ObjectChange[] = [];
  #historyBytes = 0;
  #revision = 0;
  /** Every change after this revision is in the history. */
  #historyStart = 0;
  #waiters: { revision: number; resolve: () => void }[] = [];
  #feeding: Promise<void> = Promise.resolve();
  #failure: unknown;

  private constructor(store: Store) {
    this.#store = store;
  }

  /** Reads what is in the store; resolves when everything is there. @throws what the store throws */
  static async open(store: Store): Promise<WatchCache> {
    const cache = new WatchCache(store);
    await cache.#fill();
    cache.#feeding = cache.#feed();
    return cache;
  }

  /** The revision up to which everything is known. */
  get revision(): number {
    return this.#revision;
  }

  /** What broke the feed from the store, if anything did: then nothing here can be trusted. */
  get failure(): unknown {
    return this.#failure;
  }

  /** What is wrong with entries that are no objects any more, by their keys. They are not among the objects. */
  get damaged(): ReadonlyMap<string, PeapodError> {
    return this.#damaged;
  }

  /**
   * Resolves when everything up to the revision is known, by default up to the store's newest.
   * @throws PeapodError Unavailable when the feed is broken
   */
  async caughtUp(revision?: number): Promise<void> {
    const wanted = revision ?? (await this.#store.currentRevision());
    if (this.#failure !== undefined) throw feedBroken(this.#failure);
    if (wanted <= this.#revision) return;
    await new Promise<void>((resolve) => this.#waiters.push({ revision: wanted, resolve }));
    if (this.#failure !== undefined) throw feedBroken(this.#failure);
  }

  /** One object, as of the cache's revision. */
  get(key: string): StoredObject | undefined {
    return this.#folders.get(folderOf(key))?.get(key);
  }

  /** The objects of a folder, or of one namespace in it (a prefix that ends with `/`), in the order of their keys. */
  list(folder: string, prefix: string): readonly StoredObject[] {
    const known = this.#lists.get(folder)?.get(prefix);
    if (known !== undefined) return known;
    const objects: StoredObject[] = [];
    for (const object of this.#folders.get(folder)?.values() ?? [])
      if (object.key.startsWith(prefix)) objects.push(object);
    if (objects.length > 1) objects.sort((a, b) => (a.key < b.key ? -1 : 1));
    if (objects.length <= REMEMBERED_LENGTH) {
      const lists = this.#lists.get(folder) ?? new Map<string, readonly StoredObject[]>();
      if (lists.size >= REMEMBERED_LISTS) lists.clear();
      this.#lists.set(folder, lists.set(prefix, objects));
    }
    return objects;
  }

  count(folder: string): number {
    return this.#folders.get(folder)?.size ?? 0;
  }

  folders(): IterableIterator<string> {
    return this.#folders.keys();
  }

  /**
   * What happens in a folder after a revision. Changes that came before the cache's history are asked of the store.
   * @param backlog how many changes may wait for the subscriber before it is dropped
   */
  async subscribe(folder: string, afterRevision: number, backlog: number): Promise<Subscription> {
    const past = afterRevision < this.#historyStart ? await this.#pastOf(folder, afterRevision) : undefined;
    const subscription = new Subscription(
      backlog,
      () => Math.max(this.#revision, afterRevision),
      () => this.#subscriptions.get(folder)?.delete(subscription),
    );
    const from = past?.revision ?? afterRevision;
    for (const change of past?.changes ?? []) subscription.push(change);
    for (const change of this.#history) {
      if (change.revision > from && folderOf(change.key) === folder) subscription.push(change);
    }
    const set = this.#subscriptions.get(folder) ?? new Set();
    this.#subscriptions.set(folder, set.add(subscription));
    return subscription;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const set of this.#subscriptions.values()) for (const one of Array.from(set)) one.end();
    await this.#feeding;
  }

  async #fill(): Promise<void> {
    let afterKey: string | undefined;
    for (;;) {
      const page = await this.#store.list({
        prefix: '/',
        limit: 1000,
        isUncounted: true,
        ...(afterKey === undefined ? {} : { afterKey, revision: this.#revision }),
      });
      this.#revision = page.revision;
      for (const entry of page.entries) {
        const damage = damageOf(entry);
        if (damage !== undefined) this.#damaged.set(entry.key, damage);
        else this.#folder(entry.key).set(entry.key, new StoredObject(entry));
      }
      if (page.remaining === 0) break;
      afterKey = page.entries.at(-1)?.key;
    }
    this.#historyStart = this.#revision;
  }

  async #feed(): Promise<void> {
    try {
      const events = this.#store.watch({
        prefix: '/',
        afterRevision: this.#revision,
        signal: this.#stop.signal,
      });
      for await (const event of events) this.#take(event);
    } catch (error) {
      this.#failure = error;
      for (const set of this.#subscriptions.values()) for (const one of Array.from(set)) one.end(error);
    }
    const waiters = this.#waiters;
    this.#waiters = [];
    if (!this.#stop.signal.aborted) this.#failure ??= new Error('the watch of the store has ended');
    for (const { resolve } of waiters) resolve();
  }

  #take(event: StoreEvent): void {
    if (event.type === 'bookmark') return this.#advance(event.revision);
    const key = event.type === 'put' ? event.entry.key : event.key;
    const folder = this.#folder(key);
    const previous = folder.get(key);
    this.#damaged.delete(key);
    this.#lists.get(folderOf(key))?.clear();
    const current = event.type === 'put' ? StoredObject.of(event.entry) : undefined;
    if (current === undefined) folder.delete(key);
    else folder.set(key, current);
    const revision = event.type === 'put' ? event.entry.modRevision : event.revision;
    const change = { key, revision, current, previous };
    this.#remember(change);
    for (const subscription of this.#subscriptions.get(folderOf(key)) ?? []) subscription.push(change);
    this.#advance(revision);
  }

  #advance(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    if (this.#waiters.length === 0) return;
    const ready = this.#waiters.filter((waiter) => waiter.revision <= revision);
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision);
    for (const { resolve } of ready) resolve();
  }

  #remember(change: ObjectChange): void {
    this.#history.push(change);
    this.#historyBytes += sizeOf(change);
    if (this.#history.length < HISTORY * 2 && this.#historyBytes < HISTORY_BYTES * 2) return;
    let first = Math.max(0, this.#history.length - HISTORY);
    let bytes = this.#history.slice(first).reduce((sum, kept) => sum + sizeOf(kept), 0);
    for (; bytes > HISTORY_BYTES && first < this.#history.length; first += 1)
      bytes -= sizeOf(this.#history[first]);
    this.#historyStart = this.#history[first - 1]?.revision ?? this.#historyStart;
    this.#history = this.#history.slice(first);
    this.#historyBytes = bytes;
  }

  /** Changes from before the cache's history, up to some revision within it. */
  async #pastOf(
    folder: string,
    afterRevision: number,
  ): Promise<{ changes: ObjectChange[]; revision: number }> {
    const changes: ObjectChange[] = [];
    const stop = new AbortController();
    let revision = afterRevision;
    const signal = AbortSignal.any([stop.signal, this.#stop.signal]);
    for await (const event of this.#store.watch({ prefix: `/${folder}/`, afterRevision, signal })) {
      if (event.type === 'bookmark') {
        revision = Math.max(revision, event.revision);
        break;
      }
      const change = changeOf(event);
      revision = change.revision;
      changes.push(change);
      if (changes.length > HISTORY) throw new PeapodError('Expired', 'too old resource version');
    }
    stop.abort();
    return { changes, revision };
  }

  #folder(key: string): Map<string, StoredObject> {
    const name = folderOf(key);
    let folder = this.#folders.get(name);
    if (folder === undefined) this.#folders.set(name, (folder = new Map()));
    return folder;
  }
}

function sizeOf(change: ObjectChange | undefined): number {
  return change?.current?.sizeBytes ?? 0;
}

/** `/pods/default/web` → `pods` */
function folderOf(key: string): string {
  return key.slice(1, key.indexOf('/', 1));
}

function changeOf(event: Exclude<StoreEvent, { type: 'bookmark' }>): ObjectChange {
  if (event.type === 'delete') {
    return {
      key: event.key,
      revision: event.revision,
      current: undefined,
      previous: new StoredObject(event.previous),
    };
  }
  return {
    key: event.entry.key,
    revision: event.entry.modRevision,
    current: new StoredObject(event.entry),
    previous: event.previous === undefined ? undefined : new StoredObject(event.previous),
  };
}

function feedBroken(cause: unknown): PeapodError {
  return new PeapodError('Unavailable', 'the watch of the store broke', { cause, retryable: true });
}
