/**
 * Writes in a thread of its own, so that nobody waits for the disk who need not. What comes while one batch is being synced is
 * the next batch.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Write, WriteResult, WrittenChange } from './write.ts';
import { Writer } from './writer.ts';

export interface WriteRequest {
  readonly id: number;
  readonly write: Write;
}

export type WriterOrder = readonly WriteRequest[] | 'close';

/** Without the value, which whoever asked for the write has. */
export type SentChange = Omit<WrittenChange, 'value'> & { readonly isDeletion: boolean };

export type SentResult =
  | Extract<WriteResult, { ok: false }>
  | { readonly ok: true; readonly revision: number; readonly changes: readonly SentChange[] };

export type WriterMessage =
  | { readonly kind: 'ready'; readonly revision: number }
  | { readonly kind: 'results'; readonly ids: readonly number[]; readonly results: readonly SentResult[] }
  | {
      readonly kind: 'failed';
      readonly ids: readonly number[];
      readonly message: string;
      readonly errcode: number | undefined;
    };

/** Bounds the size of one transaction. */
const MAX_BATCH = 1000;

const port = parentPort;
if (port === null) throw new Error('not a worker');
const { path } = workerData as { path: string };

const send = (message: WriterMessage): void => port.postMessage(message, buffersOf(message));
let queue: WriteRequest[] = [];
let scheduled = false;

/** The bytes go back as they are: nobody here needs them any more. */
function buffersOf(message: WriterMessage): ArrayBuffer[] {
  if (message.kind !== 'results') return [];
  const changes = message.results.flatMap((result) => (result.ok ? result.changes : []));
  const buffers = changes.map(({ previous }) => previous?.value.buffer);
  return [...new Set(buffers.filter((buffer) => buffer instanceof ArrayBuffer))];
}

function sent(result: WriteResult): SentResult {
  if (!result.ok) return result;
  const changes = result.changes.map(({ value, ...change }) => ({
    ...change,
    isDeletion: value === undefined,
  }));
  return { ...result, changes };
}

function failed(ids: readonly number[], error: unknown): void {
  const { errcode } = error as { errcode?: number };
  send({ kind: 'failed', ids, message: error instanceof Error ? error.message : String(error), errcode });
}

try {
  const writer = new Writer(path);
  const flush = (): void => {
    scheduled = false;
    const batch = queue.splice(0, MAX_BATCH);
    const ids = batch.map(({ id }) => id);
    try {
      const results = writer.commit(batch.map(({ write }) => write));
      send({ kind: 'results', ids, results: results.map(sent) });
      if (batch.some(({ write }) => write.kind === 'compact')) writer.vacuum();
    } catch (error) {
      failed(ids, error);
    }
    if (queue.length > 0) schedule();
  };
  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };
  port.on('message', (message: WriterOrder) => {
    if (message === 'close') {
      while (queue.length > 0) flush();
      writer[Symbol.dispose]();
      port.close();
      return;
    }
    queue.push(...message);
    schedule();
  });
  send({ kind: 'ready', revision: writer.revision });
} catch (error) {
  queue = [];
  failed([], error);
  port.close();
}
