/**
 * How the store lies in the database.
 *
 *     log     every write that is remembered; a value that is NULL is a deletion
 *     live    the newest write of each key that is there
 *     expiry  when keys go by themselves
 *     meta    `compacted`: reads before this revision are refused
 */
import type { DatabaseSync } from 'node:sqlite';

const FORMAT = 1;

const SCHEMA = `
  CREATE TABLE log (
    revision INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    value BLOB,
    create_revision INTEGER NOT NULL,
    previous INTEGER
  );
  CREATE INDEX log_by_key ON log (key, revision);
  CREATE TABLE live (key TEXT PRIMARY KEY, revision INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE expiry (key TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX expiry_by_time ON expiry (at_ms);
  CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO meta VALUES ('compacted', 0);
  PRAGMA user_version = ${FORMAT};
`;

/** Durable on commit: with WAL, `FULL` syncs the log before a commit is acknowledged. */
const WRITER_PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA temp_store = MEMORY;
  PRAGMA cache_size = -8000;
`;

/** @throws Error of SQLite; Error when a newer peapod wrote the file */
export function prepareDatabase(database: DatabaseSync): void {
  const { user_version: format } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (format > FORMAT)
    throw new Error(`the database has format ${format}, this peapod reads up to ${FORMAT}`);
  // Only an empty file can be told to give pages back later.
  if (format === 0) database.exec('PRAGMA auto_vacuum = INCREMENTAL');
  database.exec(WRITER_PRAGMAS);
  if (format === 0) database.exec(`BEGIN; ${SCHEMA} COMMIT;`);
}
