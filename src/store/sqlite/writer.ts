/** Carries writes out, a batch in one transaction. */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { prepareDatabase } from './schema.ts';
import type { Write, WriteResult, WrittenChange } from './write.ts';

interface LiveRow {
  revision: number;
  create_revision: number;
  value: Uint8Array;
}

/** Pages that a compaction gives back at a time. */
const VACUUM_PAGES = 2000;

export class Writer implements Disposable {
  readonly #database: DatabaseSync;
  readonly #statements: Record<
    'live' | 'log' | 'makeLive' | 'setLive' | 'dropLive' | 'expire' | 'keep' | 'expired',
    StatementSync
  >;
  #revision: number;

  /** @throws Error of SQLite */
  constructor(path: string) {
    const database = new DatabaseSync(path);
    prepareDatabase(database);
    this.#database = database;
    const { newest } = database.prepare('SELECT max(revision) AS newest FROM log').get() as {
      newest: number | null;
    };
    const { compacted } = database
      .prepare("SELECT value AS compacted FROM meta WHERE name = 'compacted'")
      .get() as { compacted: number };
    this.#revision = Math.max(newest ?? 1, compacted, 1);
    this.#statements = {
      live: database.prepare(
        'SELECT log.revision, log.create_revision, log.value FROM live JOIN log USING (revision) WHERE live.key = ?',
      ),
      log: database.prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?)'),
      makeLive: database.prepare('INSERT INTO live VALUES (?, ?) ON CONFLICT DO NOTHING'),
      setLive: database.prepare('INSERT OR REPLACE INTO live VALUES (?, ?)'),
      dropLive: database.prepare('DELETE FROM live WHERE key = ?'),
      expire: database.prepare('INSERT OR REPLACE INTO expiry VALUES (?, ?)'),
      keep: database.prepare('DELETE FROM expiry WHERE key = ?'),
      expired: database.prepare('SELECT key FROM expiry WHERE at_ms <= ? ORDER BY at_ms LIMIT 1000'),
    };
  }

  get revision(): number {
    return this.#revision;
  }

  /**
   * Carries all of them out or none, durably.
   * @throws Error of SQLite, with nothing written
   */
  commit(writes: readonly Write[]): WriteResult[] {
    const before = this.#revision;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const results = writes.map((write) => this.#apply(write));
      this.#database.exec('COMMIT');
      return results;
    } catch (error) {
      this.#revision = before;
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Gives pages back that are no longer used. Outside of any transaction. */
  vacuum(): void {
    this.#database.exec(`PRAGMA incremental_vacuum(${VACUUM_PAGES})`);
  }

  /** Afterwards the file by itself is all there is. */
  [Symbol.dispose](): void {
    try {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // A full or read-only disk: what is in the log is read from there.
    }
    this.#database.close();
  }

  #apply(write: Write): WriteResult {
    switch (write.kind) {
      case 'create':
        return this.#create(write);
      case 'update': {
        const live = this.#live(write.key);
        if (live === undefined || live.revision !== write.expectedRevision)
          return mismatch(write, live) ?? refused('NotFound', '');
        return done([this.#put(write, live)]);
      }
      case 'delete': {
        const live = this.#live(write.key);
        if (live === undefined || live.revision !== write.expectedRevision)
          return mismatch(write, live) ?? refused('NotFound', '');
        return done([this.#delete(write.key, live)]);
      }
      case 'expire':
        return this.#expireAll(write.nowMs);
      case 'compact':
        return this.#compact(write.revision);
    }
  }

  /** What is not there has no time when it goes, either: that would have gone with it. */
  #create({ key, value, expiresAtMs }: Extract<Write, { kind: 'create' }>): WriteResult {
    const revision = this.#revision + 1;
    if (this.#statements.makeLive.run(key, revision).changes === 0)
      return refused('AlreadyExists', `there is a key ${JSON.stringify(key)} already`);
    this.#revision = revision;
    this.#statements.log.run(revision, key, value, revision, null);
    if (expiresAtMs !== undefined) this.#statements.expire.run(key, expiresAtMs);
    return done([{ key, revision, createRevision: revision, value, previous: undefined }]);
  }

  #live(key: string): LiveRow | undefined {
    return this.#statements.live.get(key) as LiveRow | undefined;
  }

  #put(
    { key, value, expiresAtMs }: { key: string; value: Uint8Array; expiresAtMs?: number },
    live: LiveRow,
  ): WrittenChange {
    const revision = ++this.#revision;
    const createRevision = live.create_revision;
    this.#statements.log.run(revision, key, value, createRevision, live.revision);
    this.#statements.setLive.run(key, revision);
    if (expiresAtMs === undefined) this.#statements.keep.run(key);
    else this.#statements.expire.run(key, expiresAtMs);
    return { key, revision, createRevision, value, previous: previousOf(live) };
  }

  #delete(key: string, live: LiveRow): WrittenChange {
    const revision = ++this.#revision;
    this.#statements.log.run(revision, key, null, live.create_revision, live.revision);
    this.#statements.dropLive.run(key);
    this.#statements.keep.run(key);
    return {
      key,
      revision,
      createRevision: live.create_revision,
      value: undefined,
      previous: previousOf(live),
    };
  }

  #expireAll(nowMs: number): WriteResult {
    const changes: WrittenChange[] = [];
    for (const { key } of this.#statements.expired.all(nowMs) as { key: string }[]) {
      const live = this.#live(key);
      if (live === undefined) this.#statements.keep.run(key);
      else changes.push(this.#delete(key, live));
    }
    return { ok: true, revision: this.#revision, changes };
  }

  #compact(revision: number): WriteResult {
    if (revision > this.#revision) return refused('Invalid', `revision ${revision} has not been yet`);
    const superseded = `DELETE FROM log WHERE revision < ? AND EXISTS (
      SELECT 1 FROM log AS newer WHERE newer.key = log.key AND newer.revision > log.revision AND newer.revision <= ?)`;
    this.#database.prepare(superseded).run(revision, revision);
    this.#database.prepare('DELETE FROM log WHERE revision <= ? AND value IS NULL').run(revision);
    this.#database.prepare("UPDATE meta SET value = max(value, ?) WHERE name = 'compacted'").run(revision);
    return { ok: true, revision: this.#revision, changes: [] };
  }
}

function previousOf(live: LiveRow | undefined): WrittenChange['previous'] {
  if (live === undefined) return undefined;
  return { value: live.value, revision: live.revision, createRevision: live.create_revision };
}

function done(changes: readonly WrittenChange[]): WriteResult {
  return { ok: true, revision: changes.at(-1)?.revision ?? 0, changes };
}

function refused(code: 'AlreadyExists' | 'NotFound' | 'Conflict' | 'Invalid', message: string): WriteResult {
  return { ok: false, code, message };
}

function mismatch(
  { key, expectedRevision }: { key: string; expectedRevision: number },
  live: LiveRow | undefined,
): WriteResult | undefined {
  if (live === undefined) return refused('NotFound', `there is no key ${JSON.stringify(key)}`);
  if (live.revision === expectedRevision) return undefined;
  return refused(
    'Conflict',
    `key ${JSON.stringify(key)} is at revision ${live.revision}, not ${expectedRevision}`,
  );
}
