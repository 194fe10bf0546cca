/**
 * Remembers every object: keys with one revision over all of them, as etcd has it. Each write takes the next
 * revision; what is acknowledged survives the loss of power.
 *
 * @see etcd's API guarantees, which the contract suite in `testing/` demands of every store
 */
export interface Store extends AsyncDisposable {
  /** The revision of the newest acknowledged write; 1 in an empty store. */
  currentRevision(): Promise<number>;

  /**
   * The entry as it is now, or as it was at `revision`.
   * @throws PeapodError Expired when `revision` was compacted, Invalid when it has not been yet
   */
  get(key: string, options?: { revision?: number }): Promise<StoreEntry | undefined>;

  /**
   * Entries in the order of their keys (by their bytes in UTF-8), all as of one revision, which the page tells.
   * @throws PeapodError Expired, Invalid as `get` does
   */
  list(options: ListOptions): Promise<StorePage>;

  /** How many live keys begin with `prefix`. */
  count(prefix: string): Promise<number>;

  /** @throws PeapodError AlreadyExists; ReadOnly, NoSpace or Corrupt when the store cannot write */
  create(key: string, value: Uint8Array, options?: WriteOptions): Promise<number>;

  /**
   * Replaces the value when the key's newest revision is `expectedRevision`. Answers the new revision.
   * @throws PeapodError NotFound, Conflict; as `create` otherwise
   */
  update(key: string, value: Uint8Array, expectedRevision: number, options?: WriteOptions): Promise<number>;

  /**
   * Takes the key away when its newest revision is `expectedRevision`. Answers the revision of the deletion.
   * @throws PeapodError NotFound, Conflict; as `create` otherwise
   */
  delete(key: string, expectedRevision: number): Promise<number>;

  /**
   * What happens to the keys under `prefix` after `afterRevision`, in order, each once, until the signal aborts
   * (then it ends without an error). A bookmark tells that everything up to its revision was delivered; one comes
   * first thing when the past has been told, and later when nothing else happened for a while.
   * @throws PeapodError Expired when `afterRevision` was compacted or the watcher fell too far behind, Invalid when
   *   the revision has not been yet
   */
  watch(options: WatchOptions): AsyncIterable<StoreEvent>;

  /** Forgets what was before `revision`, except what still is. Watches and reads before it fail with `Expired`. */
  compact(revision: number): Promise<void>;
}

export interface StoreEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /** The revision that created the key (anew, after a deletion). */
  readonly createRevision: number;
  /** The revision of the newest write to it. */
  readonly modRevision: number;
}

export interface ListOptions {
  readonly prefix: string;
  /** Only keys that come after this one: how the next page is asked for. */
  readonly afterKey?: string;
  readonly limit?: number;
  readonly revision?: number;
  /** Nobody counts on `remaining` but to know whether to go on: to count costs as much as to read on. */
  readonly isUncounted?: boolean;
}

export interface StorePage {
  readonly entries: readonly StoreEntry[];
  /** The revision at which the entries were read: the one asked for, else the newest. */
  readonly revision: number;
  /** How many more keys of the prefix come after the last entry; 0 on the last page. Uncounted it may be more than 0 though none come. */
  readonly remaining: number;
}

export interface WriteOptions {
  /** Seconds until the key is deleted by itself, as a deletion that watchers see. A write without it lives forever. */
  readonly ttlSeconds?: number;
}

export interface WatchOptions {
  readonly prefix: string;
  readonly afterRevision: number;
  readonly signal: AbortSignal;
}

export type StoreEvent =
  | { readonly type: 'put'; readonly entry: StoreEntry; readonly previous: StoreEntry | undefined }
  | {
      readonly type: 'delete';
      readonly key: string;
      readonly revision: number;
      /** What was deleted. */
      readonly previous: StoreEntry;
    }
  | { readonly type: 'bookmark'; readonly revision: number };
