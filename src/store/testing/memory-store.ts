/** The store as simple as it can be: what the others are compared with, and a fast one for tests. It forgets all in the end. */
import { PeapodError } from '../../model/errors.ts';
import type { Store, StoreEntry, StoreEvent } from '../store.ts';
import { WatchHub } from '../watch-hub.ts';

type Change = Exclude<StoreEvent, { type: 'bookmark' }>;

export function openMemoryStore(): Store {
  const log: Change[] = [];
  const hub = new WatchHub();
  let newest = 1;
  let compacted = 0;

  const at = (revision: number): Map<string, StoreEntry> => {
    if (revision < compacted) throw new PeapodError('Expired', `revision ${revision} was compacted`);
    if (revision > newest) throw new PeapodError('Invalid', `revision ${revision} has not been yet`);
    const state = new Map<string, StoreEntry>();
    for (const change of log) {
      if (revisionOf(change) > revision) break;
      if (change.type === 'put') state.set(change.entry.key, change.entry);
      else state.delete(change.key);
    }
    return state;
  };
  let live = at(newest);
  const append = (change: Change): number => {
    log.push(change);
    newest = revisionOf(change);
    if (change.type === 'put') live.set(change.entry.key, change.entry);
    else live.delete(change.key);
    hub.publish(change);
    return newest;
  };
  const put = (key: string, value: Uint8Array, previous: StoreEntry | undefined): number => {
    const modRevision = newest + 1;
    const createRevision = previous?.createRevision ?? modRevision;
    return append({ type: 'put', entry: { key, value, createRevision, modRevision }, previous });
  };
  const expected = (key: string, revision: number): StoreEntry => {
    const entry = live.get(key);
    if (entry === undefined) throw new PeapodError('NotFound', `there is no key ${JSON.stringify(key)}`);
    if (entry.modRevision !== revision)
      throw new PeapodError('Conflict', `key ${JSON.stringify(key)} is at revision ${entry.modRevision}`);
    return entry;
  };
  const expiries = new Map<string, NodeJS.Timeout>();
  const expire = (key: string, ttlSeconds: number | undefined): void => {
    clearTimeout(expiries.get(key));
    if (ttlSeconds === undefined) return;
    const timer = setTimeout(() => {
      const previous = live.get(key);
      if (previous !== undefined) append({ type: 'delete', key, revision: newest + 1, previous });
    }, ttlSeconds * 1000);
    expiries.set(key, timer);
  };

  return {
    currentRevision: async () => newest,
    get: async (key, { revision } = {}) => (revision === undefined ? live : at(revision)).get(key),
    list: async ({ prefix, afterKey, limit, revision = newest }) => {
      const all = [...(revision === newest ? live : at(revision)).values()]
        .filter(({ key }) => key.startsWith(prefix) && (afterKey === undefined || isBefore(afterKey, key)))
        .sort((a, b) => (isBefore(a.key, b.key) ? -1 : 1));
      const entries = limit === undefined ? all : all.slice(0, limit);
      return { entries, revision, remaining: all.length - entries.length };
    },
    count: async (prefix) => [...live.keys()].filter((key) => key.startsWith(prefix)).length,
    create: async (key, value, { ttlSeconds } = {}) => {
      if (live.has(key))
        throw new PeapodError('AlreadyExists', `there is a key ${JSON.stringify(key)} already`);
      expire(key, ttlSeconds);
      return put(key, value, undefined);
    },
    update: async (key, value, expectedRevision, { ttlSeconds } = {}) => {
      const previous = expected(key, expectedRevision);
      expire(key, ttlSeconds);
      return put(key, value, previous);
    },
    delete: async (key, expectedRevision) => {
      const previous = expected(key, expectedRevision);
      expire(key, undefined);
      return append({ type: 'delete', key, revision: newest + 1, previous });
    },
    watch: (options) =>
      hub.watch(options, {
        newest: () => newest,
        events: (prefix, after, upTo) => {
          if (after < compacted) throw new PeapodError('Expired', `revision ${after} was compacted`);
          return log.filter((change) => {
            const revision = revisionOf(change);
            const key = change.type === 'put' ? change.entry.key : change.key;
            return revision > after && revision <= upTo && key.startsWith(prefix);
          });
        },
      }),
    compact: async (revision) => {
      if (revision > newest) throw new PeapodError('Invalid', `revision ${revision} has not been yet`);
      compacted = Math.max(compacted, revision);
    },
    [Symbol.asyncDispose]: async () => {
      for (const timer of expiries.values()) clearTimeout(timer);
      hub.end();
      live = new Map();
    },
  };
}

function revisionOf(change: Change): number {
  return change.type === 'put' ? change.entry.modRevision : change.revision;
}

function isBefore(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
}
