/** Everything in one file of SQLite, for one machine. Reads in this thread, writes in another. */
import type { Worker } from 'node:worker_threads';
import type { Clock } from '../../model/clock.ts';
import { isPeapodError, PeapodError } from '../../model/errors.ts';
import { nextBeat } from '../../model/nearest-beat.ts';
import type {
  ListOptions,
  Store,
  StoreEntry,
  StoreEvent,
  StorePage,
  WatchOptions,
  WriteOptions,
} from '../store.ts';
import { WatchHub } from '../watch-hub.ts';
import type { Reader } from './reader.ts';
import { readOnly, storeError } from './sqlite-error.ts';
import type { WriterMessage, WriterOrder } from './sqlite-writer-worker.ts';
import type { Write, WrittenChange } from './write.ts';
import { packWrites, type ResultBatch, type SentChange } from './write-batch.ts';

export interface SqliteStoreParts {
  readonly path: string;
  readonly reader: Reader;
  /** Nothing: the file can only be read. */
  readonly worker: Worker | undefined;
  /** Why nothing is written, though it could be. */
  readonly damage?: PeapodError;
  /** Gives back what keeps others away. */
  readonly release: () => void;
  readonly clock: Clock;
  /** Revisions are forgotten when they are older than this, in milliseconds; twice as long at most. */
  readonly historyMs: number;
}

/** How soon a watcher hears how far things are, and how long a key whose time is over may stay. */
const TICK_MS = 1000;
/** How long nothing is looked at while nothing is due: what a write makes due is known from the write. */
const LONGEST_REST_MS = 10_000;

interface Pending {
  readonly write: Write;
  readonly resolve: (revision: number) => void;
  readonly reject: (error: unknown) => void;
}

export class SqliteStore implements Store {
  readonly #parts: SqliteStoreParts;
  readonly #hub = new WatchHub();
  /**
   * In the order of their numbers. Not a map: of one that is always filled and emptied V8 makes ever new tables, each reached from the one
   * before, and what was in them lies in memory as long as the first.
   */
  readonly #pending: Pending[] = [];
  readonly #stop = new AbortController();
  readonly #maintenance: Promise<void>;
  #waiters: { readonly revision: number; readonly resolve: () => void }[] = [];
  /** What has been asked for while the writer was at work, or in this turn of the event loop: one message and one sync for all of it. */
  #unsent: Write[] = [];
  #isScheduled = false;
  #nextId = 1;
  #revision: number;
  /** What ended the writer. */
  #failure: unknown;
  #refusal: PeapodError | undefined;
  /** When the next key's time is over, as far as is known. */
  #expiresAtMs = 0;
  #dueSooner = (): void => {};

  constructor(parts: SqliteStoreParts) {
    this.#parts = parts;
    this.#revision = parts.reader.newest();
    parts.worker?.on('message', (message: WriterMessage) => this.#take(message));
    parts.worker?.on('error', (error) => this.#writerEnded(error));
    parts.worker?.on('exit', () => this.#writerEnded(new Error('the writer has ended')));
    this.#maintenance = this.#maintain();
  }

  /** Why the file is only read, if it is. */
  get unwritable(): PeapodError | undefined {
    const { worker, damage, path } = this.#parts;
    return worker === undefined ? (damage ?? readOnly(path)) : undefined;
  }

  /** Why the newest writes were not taken (a full disk, for one), until some are. */
  get refusal(): PeapodError | undefined {
    return this.#refusal;
  }

  currentRevision(): Promise<number> {
    return Promise.resolve(this.#revision);
  }

  async get(key: string, { revision }: { revision?: number } = {}): Promise<StoreEntry | undefined> {
    const entry = this.#read((reader) => reader.get(key, revision, this.#revision));
    if (entry !== undefined) await this.#announced(entry.modRevision);
    return entry;
  }

  async list(options: ListOptions): Promise<StorePage> {
    const page = this.#read((reader) => reader.list(options));
    await this.#announced(page.revision);
    return page;
  }

  async count(prefix: string): Promise<number> {
    return this.#read((reader) => reader.count(prefix));
  }

  async create(key: string, value: Uint8Array, options: WriteOptions = {}): Promise<number> {
    return this.#write({ kind: 'create', key, value: own(value), ...this.#expiry(options) });
  }

  async update(
    key: string,
    value: Uint8Array,
    expectedRevision: number,
    options: WriteOptions = {},
  ): Promise<number> {
    const write: Write = {
      kind: 'update',
      key,
      value: own(value),
      expectedRevision,
      ...this.#expiry(options),
    };
    return this.#write(write);
  }

  async delete(key: string, expectedRevision: number): Promise<number> {
    return this.#write({ kind: 'delete', key, expectedRevision });
  }

  watch(options: WatchOptions): AsyncGenerator<StoreEvent> {
    return this.#hub.watch(options, {
      newest: () => this.#revision,
      events: (prefix, after, upTo) => this.#read((reader) => reader.events(prefix, after, upTo)),
    });
  }

  async compact(revision: number): Promise<void> {
    await this.#write({ kind: 'compact', revision });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#maintenance;
    const { worker, reader, release } = this.#parts;
    if (worker !== undefined && this.#failure === undefined) {
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      this.#send('close');
      await ended;
    }
    this.#hub.end();
    reader[Symbol.dispose]();
    release();
  }

  /** What is committed may be read before it is announced: whoever read it finds it announced when he goes on. */
  async #announced(revision: number): Promise<void> {
    if (revision <= this.#revision || this.#failure !== undefined) return;
    await new Promise<void>((resolve) => this.#waiters.push({ revision, resolve }));
  }

  #read<T>(read: (reader: Reader) => T): T {
    try {
      return read(this.#parts.reader);
    } catch (error) {
      throw storeError(error, this.#parts.path);
    }
  }

  #write(write: Write): Promise<number> {
    const { worker, path } = this.#parts;
    const { unwritable } = this;
    if (worker === undefined || unwritable !== undefined) return Promise.reject(unwritable);
    if (this.#failure !== undefined) return Promise.reject(storeError(this.#failure, path));
    if (this.#stop.signal.aborted) return Promise.reject(closed(path));
    this.#nextId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#pending.push({ write, resolve, reject });
    this.#unsent.push(write);
    this.#schedule();
    return promise;
  }

  /** At the end of this turn, or when the writer has done what it was sent. */
  #schedule(): void {
    if (this.#isScheduled || this.#pending.length > this.#unsent.length) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  #send(...more: 'close'[]): void {
    const writes = this.#unsent;
    this.#unsent = [];
    const { worker } = this.#parts;
    if (writes.length > 0) {
      const batch = packWrites(this.#nextId - writes.length, writes);
      worker?.postMessage(batch satisfies WriterOrder, [batch.bytes.buffer]);
    }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
    for (const order of more) worker?.postMessage(order satisfies WriterOrder);
  }

  #expiry({ ttlSeconds }: WriteOptions): { expiresAtMs?: number } {
    if (ttlSeconds === undefined) return {};
    const expiresAtMs = this.#parts.clock.now() + ttlSeconds * 1000;
    if (expiresAtMs < this.#expiresAtMs) {
      this.#expiresAtMs = expiresAtMs;
      this.#dueSooner();
    }
    return { expiresAtMs };
  }

  #take(message: WriterMessage): void {
    if (message.kind === 'ready') return;
    if (message.kind === 'failed') {
      const { message: text, errcode } = message;
      const error = storeError(Object.assign(new Error(text), { errcode }), this.#parts.path);
      this.#refusal = isPeapodError(error) ? error : undefined;
      for (const pending of this.#pending.splice(0, message.count)) pending.reject(error);
    } else {
      this.#refusal = undefined;
      this.#takeResults(message.batch);
    }
    if (this.#pending.length === this.#unsent.length && !this.#isScheduled) this.#send();
  }

  /** Whoever is told of his write finds it announced already. */
  #takeResults({ created, others }: ResultBatch): void {
    const rest = others[Symbol.iterator]();
    const settled = this.#pending.splice(0, created.length);
    for (let index = 0; index < created.length; index += 1) {
      const [pending, revision = 0] = [settled[index], created[index]];
      const result = revision === 0 ? rest.next().value : undefined;
      if (revision !== 0) {
        if (pending !== undefined) this.#announce(createdBy(pending.write, revision));
        pending?.resolve(revision);
      } else if (result?.ok === true) {
        for (const change of result.changes) this.#announce(writtenBy(pending?.write, change));
        pending?.resolve(result.revision);
      } else if (result !== undefined) pending?.reject(new PeapodError(result.code, result.message));
    }
  }

  #announce(change: WrittenChange): void {
    this.#revision = change.revision;
    if (!this.#hub.publish(eventOf(change))) this.#dueSooner();
    if (this.#waiters.length === 0) return;
    const waiting = this.#waiters;
    this.#waiters = waiting.filter(({ revision }) => revision > change.revision);
    for (const { revision, resolve } of waiting) if (revision <= change.revision) resolve();
  }

  #writerEnded(error: unknown): void {
    const { path } = this.#parts;
    const failure = this.#stop.signal.aborted ? closed(path) : storeError(error, path);
    if (!this.#stop.signal.aborted) this.#failure ??= error;
    for (const { resolve } of this.#waiters) resolve();
    for (const { reject } of this.#pending.splice(0)) reject(failure);
  }

  /** Keys whose time is over go, watchers hear how far things are, and what is old is forgotten. */
  async #maintain(): Promise<void> {
    const { clock, historyMs, worker } = this.#parts;
    const { signal } = this.#stop;
    let compactAt = clock.now() + historyMs;
    let candidate = this.#revision;
    while (!signal.aborted) {
      await this.#rest();
      if (signal.aborted || worker === undefined || this.#failure !== undefined) continue;
      this.#hub.bookmark(this.#revision);
      try {
        const next = this.#parts.reader.nextExpiry();
        this.#expiresAtMs = next ?? Number.POSITIVE_INFINITY;
        if (next !== undefined && next <= clock.now())
          await this.#write({ kind: 'expire', nowMs: clock.now() });
        if (clock.now() < compactAt) continue;
        compactAt = clock.now() + historyMs;
        if (candidate > this.#parts.reader.compacted())
          await this.#write({ kind: 'compact', revision: candidate });
        candidate = this.#revision;
      } catch {
        // A full disk or the like: whoever writes is told; this is tried again.
      }
    }
  }

  /** For a tick, or as long as nothing is due. */
  async #rest(): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#stop;
    const begun = clock.now();
    const longest = nextBeat(begun, LONGEST_REST_MS) - begun;
    for (let over = false; !over && !signal.aborted; ) {
      const restMs = this.#hub.isBehind(this.#revision) ? 0 : Math.min(this.#expiresAtMs - begun, longest);
      const sooner = new AbortController();
      const wake = (): void => sooner.abort();
      this.#dueSooner = restMs > TICK_MS ? wake : () => {};
      signal.addEventListener('abort', wake, { once: true });
      const at = begun + Math.max(TICK_MS, restMs);
      over = await clock.sleep(at - clock.now(), { signal: sooner.signal }).then(
        () => true,
        () => false,
      );
      signal.removeEventListener('abort', wake);
    }
  }
}

/** What watchers are told keeps the whole memory behind its bytes: for a slice of Node.js's pool that is many times its size. */
function own(value: Uint8Array): Uint8Array {
  return value.byteLength === value.buffer.byteLength ? value : new Uint8Array(value);
}

function createdBy(write: Write, revision: number): WrittenChange {
  const { key, value } = 'value' in write ? write : { key: '', value: undefined };
  return { key, revision, createRevision: revision, value, previous: undefined };
}

/** What was written is still here: it does not come back from the writer. */
function writtenBy(write: Write | undefined, { isDeletion, ...change }: SentChange): WrittenChange {
  const value = write !== undefined && 'value' in write && !isDeletion ? write.value : undefined;
  return { ...change, value };
}

function closed(path: string): PeapodError {
  return new PeapodError('Unavailable', `${path} has been closed`);
}

function eventOf({
  key,
  revision,
  createRevision,
  value,
  previous,
}: WrittenChange): Exclude<StoreEvent, { type: 'bookmark' }> {
  const before: StoreEntry | undefined =
    previous === undefined
      ? undefined
      : {
          key,
          value: previous.value,
          createRevision: previous.createRevision,
          modRevision: previous.revision,
        };
  if (value !== undefined)
    return { type: 'put', entry: { key, value, createRevision, modRevision: revision }, previous: before };
  const gone = before ?? { key, value: new Uint8Array(), createRevision, modRevision: revision };
  return { type: 'delete', key, revision, previous: gone };
}
