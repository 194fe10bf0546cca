/** Reads what is committed, in the thread that asks: a read of a key takes microseconds. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { PeapodError } from '../../model/errors.ts';
import type { ListOptions, StoreEntry, StoreEvent, StorePage } from '../store.ts';

interface LogRow {
  key: string;
  revision: number;
  create_revision: number;
  value: Uint8Array | null;
  previous: number | null;
}

/** Keys from the first, before the second, after the third. */
type Range = readonly [from: string, to: string, after: string];

/** Greater than every key. */
const END = '\u{10ffff}';
const HISTORY_PAGE = 500;

const COLUMNS = 'log.key, log.revision, log.create_revision, log.value, log.previous';

export class Reader implements Disposable {
  readonly #database: DatabaseSync;
  readonly #statements: Record<
    | 'live'
    | 'list'
    | 'count'
    | 'past'
    | 'pastKeys'
    | 'changed'
    | 'row'
    | 'events'
    | 'compacted'
    | 'newest'
    | 'expiry',
    StatementSync
  >;

  /** @throws Error of SQLite */
  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = {
      live: database.prepare(`SELECT ${COLUMNS} FROM live JOIN log USING (revision) WHERE live.key = ?`),
      list: database.prepare(
        `SELECT ${COLUMNS} FROM live JOIN log USING (revision) WHERE live.key >= ? AND live.key < ? AND live.key > ? ORDER BY live.key LIMIT ?`,
      ),
      count: database.prepare('SELECT count(*) AS count FROM live WHERE key >= ? AND key < ? AND key > ?'),
      past: database.prepare(
        `SELECT ${COLUMNS} FROM log WHERE key = ? AND revision <= ? ORDER BY revision DESC LIMIT 1`,
      ),
      // In the order of its index, row for row: with the values joined to it all of it would be sorted for each page.
      pastKeys: database.prepare(
        'SELECT max(revision) AS revision FROM log WHERE key >= ? AND key < ? AND key > ? AND revision <= ? GROUP BY key ORDER BY key',
      ),
      changed: database.prepare(
        'SELECT DISTINCT key FROM log WHERE revision > ? AND key >= ? AND key < ? AND key > ?',
      ),
      row: database.prepare(`SELECT ${COLUMNS} FROM log WHERE revision = ?`),
      events: database.prepare(
        `SELECT ${COLUMNS} FROM log WHERE revision > ? AND revision <= ? AND key >= ? AND key < ? ORDER BY revision LIMIT ${HISTORY_PAGE}`,
      ),
      compacted: database.prepare("SELECT value FROM meta WHERE name = 'compacted'"),
      newest: database.prepare('SELECT max(revision) AS newest FROM log'),
      expiry: database.prepare('SELECT min(at_ms) AS at FROM expiry'),
    };
  }

  get(key: string, revision: number | undefined, newest: number): StoreEntry | undefined {
    if (revision === undefined) return entryOf(this.#statements.live.get(key));
    this.#check(revision, newest);
    return entryOf(this.#statements.past.get(key, revision));
  }

  /** All of one revision: other commits in between are not seen. */
  list(options: ListOptions): StorePage {
    this.#database.exec('BEGIN');
    try {
      return this.#list(options);
    } finally {
      this.#database.exec('COMMIT');
    }
  }

  #list({ prefix, afterKey, limit = -1, revision, isUncounted = false }: ListOptions): StorePage {
    const newest = this.newest();
    if (revision !== undefined) this.#check(revision, newest);
    const range: Range = [prefix, `${prefix}${END}`, afterKey ?? ''];
    const past = revision === undefined || revision === newest ? undefined : revision;
    const entries =
      past === undefined
        ? this.#statements.list
            .all(...range, limit)
            .map(entryOf)
            .filter((entry) => entry !== undefined)
        : this.#pastEntries(range, past, limit);
    const isLast = limit < 0 || entries.length < limit;
    if (isLast || isUncounted) return { entries, revision: revision ?? newest, remaining: isLast ? 0 : 1 };
    const rest: Range = [range[0], range[1], entries.at(-1)?.key ?? range[2]];
    return { entries, revision: revision ?? newest, remaining: this.#countIn(rest, past) };
  }

  count(prefix: string): number {
    return this.#countIn([prefix, `${prefix}${END}`, ''], undefined);
  }

  #pastEntries(range: Range, revision: number, limit: number): StoreEntry[] {
    const entries: StoreEntry[] = [];
    if (limit === 0) return entries;
    for (const row of this.#statements.pastKeys.iterate(...range, revision)) {
      const entry = entryOf(this.#statements.row.get(row['revision'] ?? 0));
      if (entry !== undefined && entries.push(entry) === limit) break;
    }
    return entries;
  }

  /** A page of what happened; the previous states come with it. */
  events(prefix: string, after: number, upTo: number): Exclude<StoreEvent, { type: 'bookmark' }>[] {
    if (after < this.compacted()) throw expired(after);
    const rows = this.#statements.events.all(after, upTo, prefix, `${prefix}${END}`) as unknown as LogRow[];
    return rows.map((row) => {
      const previous = row.previous === null ? undefined : entryOf(this.#statements.row.get(row.previous));
      const entry = entryOf(row);
      if (entry !== undefined) return { type: 'put', entry, previous };
      const gone = previous ?? {
        key: row.key,
        value: new Uint8Array(),
        createRevision: row.create_revision,
        modRevision: row.previous ?? 0,
      };
      return { type: 'delete', key: row.key, revision: row.revision, previous: gone };
    });
  }

  compacted(): number {
    return (this.#statements.compacted.get() as { value: number }).value;
  }

  newest(): number {
    const { newest } = this.#statements.newest.get() as { newest: number | null };
    return Math.max(newest ?? 1, this.compacted(), 1);
  }

  /** When the next key goes by itself, milliseconds since the epoch. */
  nextExpiry(): number | undefined {
    return (this.#statements.expiry.get() as { at: number | null }).at ?? undefined;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #countIn(range: Range, revision: number | undefined): number {
    const { count } = this.#statements.count.get(...range) as { count: number };
    if (revision === undefined) return count;
    let past = count;
    for (const { key } of this.#statements.changed.iterate(revision, ...range) as Iterable<{ key: string }>) {
      if (this.#statements.live.get(key) !== undefined) past -= 1;
      if (entryOf(this.#statements.past.get(key, revision)) !== undefined) past += 1;
    }
    return past;
  }

  #check(revision: number, newest: number): void {
    if (revision > newest) {
      throw new PeapodError('Invalid', `revision ${revision} has not been yet: the newest is ${newest}`);
    }
    if (revision < this.compacted()) throw expired(revision);
  }
}

function expired(revision: number): PeapodError {
  return new PeapodError('Expired', `revision ${revision} was compacted`);
}

function entryOf(row: unknown): StoreEntry | undefined {
  if (row === undefined) return undefined;
  const { key, value, create_revision: createRevision, revision: modRevision } = row as LogRow;
  return value === null ? undefined : { key, value, createRevision, modRevision };
}
