import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../model/clock.ts';
import { isPeapodError, PeapodError } from '../../model/errors.ts';
import { Reader } from './reader.ts';
import { prepareDatabase } from './schema.ts';
import { corrupt, inUse, sqliteCode, storeError } from './sqlite-error.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { WriterMessage } from './sqlite-writer-worker.ts';

export interface SqliteStoreOptions {
  readonly path: string;
  readonly clock: Clock;
  /** How long old revisions can be read and watched from, in milliseconds; 5 minutes unless told. */
  readonly historyMs?: number;
}

const HISTORY_MS = 300_000;
/** A file up to this size is checked when it is opened. */
const CHECKED_BYTES = 64 * 1024 * 1024;

/**
 * Opens the store, making its file when there is none. Where nothing can be written, it can still be read; so can a damaged file
 * whose damage is nowhere in what is there now.
 * @throws PeapodError Corrupt when objects themselves are damaged, or the file is empty; FailedPrecondition when another process has it open; NoSpace
 */
export async function openSqliteStore({
  path,
  clock,
  historyMs = HISTORY_MS,
}: SqliteStoreOptions): Promise<SqliteStore> {
  const canWrite = prepareFile(path);
  const release = canWrite ? keepOthersAway(path) : () => {};
  let worker: Worker | undefined;
  try {
    worker = canWrite ? await startWriter(path) : undefined;
    const database = openForReading(path, worker === undefined);
    const damage = damageOf(database, path);
    if (damage !== undefined) await worker?.terminate();
    return new SqliteStore({
      path,
      reader: readerOf(database, damage),
      worker: damage === undefined ? worker : undefined,
      ...(damage === undefined ? {} : { damage }),
      release,
      clock,
      historyMs,
    });
  } catch (error) {
    await worker?.terminate();
    release();
    throw storeError(error, path);
  }
}

/** Only its owner may look into it. @returns whether it can be written */
function prepareFile(path: string): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (!existsSync(path)) makeDatabase(path);
    closeSync(openSync(path, 'a'));
    chmodSync(path, 0o600);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC')
      throw new PeapodError('NoSpace', `cannot make ${path}: the disk is full`, {
        cause: error,
        retryable: true,
      });
    if (existsSync(path) && ['EROFS', 'EACCES', 'EPERM'].includes(code)) return false;
    if (sqliteCode(error) !== undefined) throw storeError(error, path);
    throw new PeapodError('ReadOnly', `cannot make ${path}: ${(error as Error).message}`, { cause: error });
  }
  // We never leave one like that; SQLite would take it for new, throw its log away, and everything that runs would be nobody's.
  if (statSync(path).size === 0) throw corrupt(path, 'it is empty');
  return true;
}

/** Whole, or not at all: one that is empty has lost what was in it. */
function makeDatabase(path: string): void {
  const made = `${path}.new`;
  // Of a process that was killed; and a log that has no database any more, which SQLite would add to the new one.
  for (const file of [made, `${made}-wal`, `${made}-shm`, `${path}-wal`, `${path}-shm`])
    rmSync(file, { force: true });
  const database = new DatabaseSync(made);
  try {
    prepareDatabase(database);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
  chmodSync(made, 0o600);
  renameSync(made, path);
}

/** A lock that goes with the process, however it ends: that of a second file which SQLite locks for us. */
function keepOthersAway(path: string): () => void {
  const lock = new DatabaseSync(`${path}.lock`);
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    chmodSync(`${path}.lock`, 0o600);
    return () => lock.close();
  } catch (error) {
    lock.close();
    if (sqliteCode(error) === 5) throw inUse(path, { cause: error });
    throw storeError(error, path);
  }
}

async function startWriter(path: string): Promise<Worker> {
  const worker = new Worker(new URL('./sqlite-writer-worker.ts', import.meta.url), { workerData: { path } });
  const [message] = (await once(worker, 'message')) as [WriterMessage];
  if (message.kind !== 'failed') return worker;
  await worker.terminate();
  throw Object.assign(new Error(message.message), { errcode: message.errcode });
}

function openForReading(path: string, isReadOnly: boolean): DatabaseSync {
  return isReadOnly ? openUnwritable(path) : new DatabaseSync(path, { readOnly: true });
}

/** @throws PeapodError Corrupt when what is there now cannot all be read */
function readerOf(database: DatabaseSync, damage: PeapodError | undefined): Reader {
  try {
    if (damage !== undefined) readEverything(database, damage);
    return new Reader(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

function readEverything(database: DatabaseSync, damage: PeapodError): void {
  try {
    const { keys } = database.prepare('SELECT count(*) AS keys FROM live').get() as { keys: number };
    const { values } = database
      .prepare('SELECT count(length(log.value)) AS "values" FROM live JOIN log USING (revision)')
      .get() as { values: number };
    if (keys !== values) throw damage;
  } catch {
    throw damage;
  }
}

/**
 * A folder that cannot be written has no place for the files that WAL needs beside the database. What its last writer had not moved
 * out of the log is read from a copy.
 */
function openUnwritable(path: string): DatabaseSync {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if (log === undefined || log.size === 0) {
    return new DatabaseSync(new URL(`${pathToFileURL(path).href}?immutable=1`), { readOnly: true });
  }
  const directory = mkdtempSync(join(tmpdir(), 'peapod-store-'));
  try {
    const copy = join(directory, 'copy.db');
    copyFileSync(path, copy);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    chmodSync(copy, 0o600);
    const database = new DatabaseSync(copy);
    // Only with the first read does it open the log.
    database.prepare('SELECT count(*) FROM sqlite_master').get();
    return database;
  } finally {
    // It stays open, without a name.
    rmSync(directory, { recursive: true });
  }
}

function damageOf(database: DatabaseSync, path: string): PeapodError | undefined {
  if (statSync(path).size > CHECKED_BYTES) return undefined;
  try {
    const { quick_check: result } = database.prepare('PRAGMA quick_check(1)').get() as {
      quick_check: string;
    };
    if (result === 'ok') return undefined;
    return damaged(Object.assign(new Error(result), { errcode: 11 }), path);
  } catch (error) {
    database.close();
    throw error;
  }
}

function damaged(error: unknown, path: string): PeapodError | undefined {
  const told = storeError(error, path);
  return isPeapodError(told) ? told : undefined;
}
