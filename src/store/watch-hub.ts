/** Hands each write to everybody who watches, in order. */
import { PeapodError } from '../model/errors.ts';
import { itemsOf } from '../model/items-of.ts';
import type { StoreEvent, WatchOptions } from './store.ts';

/** A watcher that has fallen this far behind is dropped. */
const BACKLOG = 20_000;

/** What was before a watch began. */
export interface History {
  /** The revision of the newest write that was announced. */
  newest(): number;
  /**
   * A page of the events of a prefix after a revision and up to another, in order; empty when there are no more.
   * @throws PeapodError Expired when the first revision was compacted
   */
  events(
    prefix: string,
    afterRevision: number,
    upTo: number,
  ): readonly Exclude<StoreEvent, { type: 'bookmark' }>[];
}

export class WatchHub {
  readonly #watchers = new Set<Watcher>();

  /** @returns whether it was everybody's: who was not told of it has to be told how far things are */
  publish(event: Exclude<StoreEvent, { type: 'bookmark' }>): boolean {
    const key = event.type === 'put' ? event.entry.key : event.key;
    let isForAll = true;
    for (const watcher of this.#watchers)
      if (key.startsWith(watcher.prefix)) watcher.push(event);
      else isForAll = false;
    return isForAll;
  }

  /** Tells those who have heard nothing of late how far things are. */
  bookmark(revision: number): void {
    for (const watcher of this.#watchers) watcher.bookmark(revision);
  }

  /** Whether somebody is to be told. */
  isBehind(revision: number): boolean {
    for (const watcher of this.#watchers) if (watcher.isBehind(revision)) return true;
    return false;
  }

  /** Ends every watch, with an error if there is one. */
  end(failure?: unknown): void {
    for (const watcher of Array.from(this.#watchers)) watcher.end(failure);
  }

  watch(options: WatchOptions, history: History): AsyncGenerator<StoreEvent, void> {
    return itemsOf(this.#lists(options, history));
  }

  async *#lists(
    { prefix, afterRevision, signal }: WatchOptions,
    history: History,
  ): AsyncGenerator<readonly StoreEvent[], void> {
    const begin = history.newest();
    if (afterRevision > begin) {
      throw new PeapodError('Invalid', `revision ${afterRevision} has not been yet: the newest is ${begin}`);
    }
    const watcher = new Watcher(prefix, begin);
    const end = () => watcher.end();
    this.#watchers.add(watcher);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
    try {
      for (let after = afterRevision; after < begin && !signal.aborted; ) {
        const page = history.events(prefix, after, begin);
        yield page;
        const last = page.at(-1);
        if (last === undefined) break;
        after = revisionOf(last);
      }
      if (!signal.aborted) yield [{ type: 'bookmark', revision: begin }];
      for (;;) {
        yield watcher.take();
        if (!(await watcher.hasMore())) break;
      }
    } finally {
      signal.removeEventListener('abort', end);
      this.#watchers.delete(watcher);
    }
  }
}

export function revisionOf(event: StoreEvent): number {
  return event.type === 'put' ? event.entry.modRevision : event.revision;
}

class Watcher {
  readonly prefix: string;
  #told: number;
  #events: StoreEvent[] = [];
  #wake = Promise.withResolvers<void>();
  #ended = false;
  #failure: unknown;

  constructor(prefix: string, told: number) {
    this.prefix = prefix;
    this.#told = told;
  }

  push(event: StoreEvent): void {
    if (this.#ended) return;
    if (this.#events.length >= BACKLOG) {
      this.#events = [];
      this.end(new PeapodError('Expired', 'the watcher fell too far behind'));
      return;
    }
    this.#events.push(event);
    this.#told = revisionOf(event);
    this.#wake.resolve();
  }

  isBehind(revision: number): boolean {
    return revision > this.#told;
  }

  bookmark(revision: number): void {
    if (this.isBehind(revision) && this.#events.length === 0) this.push({ type: 'bookmark', revision });
  }

  end(failure?: unknown): void {
    this.#ended = true;
    this.#failure ??= failure;
    this.#wake.resolve();
  }

  /** All that has come. */
  take(): readonly StoreEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Waits for more; nothing comes when it has ended well. @throws what ended it */
  async hasMore(): Promise<boolean> {
    while (this.#events.length === 0 && !this.#ended) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
    if (this.#events.length > 0) return true;
    if (this.#failure !== undefined) throw this.#failure;
    return false;
  }
}
