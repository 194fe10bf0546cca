/**
 * How writes go to the writer's thread, and results come back: as lists of plain values and one piece of memory that changes hands. A
 * message of an object for each write costs both threads several times as much.
 */
import type { Write, WriteResult, WrittenChange } from './write.ts';

/** Writes whose ids follow one another. */
export interface WriteBatch {
  readonly firstId: number;
  readonly kinds: readonly Write['kind'][];
  /** Empty for writes to no key. */
  readonly keys: readonly string[];
  /** Of `update` and `delete` the revision that is expected, of `expire` the time, of `compact` the revision. */
  readonly numbers: readonly number[];
  /** Milliseconds since the epoch; 0 where a key stays. */
  readonly expiries: readonly number[];
  readonly sizes: readonly number[];
  /** All values, one after the other. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export function packWrites(firstId: number, writes: readonly Write[]): WriteBatch {
  const sizes = writes.map((write) => valueOf(write)?.length ?? 0);
  const bytes = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const write of writes) {
    const value = valueOf(write);
    if (value === undefined) continue;
    bytes.set(value, at);
    at += value.length;
  }
  return {
    firstId,
    kinds: writes.map(({ kind }) => kind),
    keys: writes.map((write) => ('key' in write ? write.key : '')),
    numbers: writes.map(numberOf),
    expiries: writes.map((write) => ('expiresAtMs' in write ? (write.expiresAtMs ?? 0) : 0)),
    sizes,
    bytes,
  };
}

/** Values are parts of the batch's memory. */
export function unpackWrites({ kinds, keys, numbers, expiries, sizes, bytes }: WriteBatch): Write[] {
  let at = 0;
  return kinds.map((kind, index) => {
    const [key = '', number = 0, expiresAtMs = 0, size = 0] = [
      keys[index],
      numbers[index],
      expiries[index],
      sizes[index],
    ];
    const value = bytes.subarray(at, (at += size));
    const expiry = expiresAtMs === 0 ? {} : { expiresAtMs };
    switch (kind) {
      case 'create':
        return { kind, key, value, ...expiry };
      case 'update':
        return { kind, key, value, expectedRevision: number, ...expiry };
      case 'delete':
        return { kind, key, expectedRevision: number };
      case 'expire':
        return { kind, nowMs: number };
      case 'compact':
        return { kind, revision: number };
    }
  });
}

function valueOf(write: Write): Uint8Array | undefined {
  return 'value' in write ? write.value : undefined;
}

function numberOf(write: Write): number {
  switch (write.kind) {
    case 'create':
      return 0;
    case 'expire':
      return write.nowMs;
    case 'compact':
      return write.revision;
    case 'update':
    case 'delete':
      return write.expectedRevision;
  }
}

/** Without the value, which whoever asked for the write has. */
export type SentChange = Omit<WrittenChange, 'value'> & { readonly isDeletion: boolean };

export type SentResult =
  | Extract<WriteResult, { ok: false }>
  | { readonly ok: true; readonly revision: number; readonly changes: readonly SentChange[] };

/** The results of a batch, in its order. */
export interface ResultBatch {
  readonly firstId: number;
  /** Of writes that made their key the new revision is all there is to tell; 0 for others. */
  readonly created: readonly number[];
  readonly others: readonly SentResult[];
}

export function packResults(firstId: number, results: readonly WriteResult[]): ResultBatch {
  const created = results.map(createdRevision);
  const others = results.filter((_, index) => created[index] === 0).map(sent);
  return { firstId, created, others };
}

function createdRevision(result: WriteResult): number {
  if (!result.ok || result.changes.length !== 1) return 0;
  const [change] = result.changes;
  const isNew = change?.value !== undefined && change.createRevision === change.revision;
  return isNew ? change.revision : 0;
}

function sent(result: WriteResult): SentResult {
  if (!result.ok) return result;
  const changes = result.changes.map(({ value, ...change }) => ({
    ...change,
    isDeletion: value === undefined,
  }));
  return { ...result, changes };
}

/** The memory of the values that go back: nobody in the writer's thread needs it any more. */
export function memoryOf({ others }: ResultBatch): ArrayBuffer[] {
  const changes = others.flatMap((result) => (result.ok ? result.changes : []));
  const buffers = changes.map(({ previous }) => previous?.value.buffer);
  return [...new Set(buffers.filter((buffer) => buffer instanceof ArrayBuffer))];
}
