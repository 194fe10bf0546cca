/**
 * Writes in a thread of its own, so that nobody waits for the disk who need not. What comes while one batch is being synced is
 * the next batch.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Write } from './write.ts';
import { memoryOf, packResults, type ResultBatch, unpackWrites, type WriteBatch } from './write-batch.ts';
import { Writer } from './writer.ts';

export type WriterOrder = WriteBatch | 'close';

export type WriterMessage =
  | { readonly kind: 'ready'; readonly revision: number }
  | { readonly kind: 'results'; readonly batch: ResultBatch }
  | {
      readonly kind: 'failed';
      readonly firstId: number;
      readonly count: number;
      readonly message: string;
      readonly errcode: number | undefined;
    };

/** Bounds the size of one transaction. */
const MAX_BATCH = 1000;

const port = parentPort;
if (port === null) throw new Error('not a worker');
const { path } = workerData as { path: string };

const send = (message: WriterMessage): void =>
  port.postMessage(message, message.kind === 'results' ? memoryOf(message.batch) : []);
let queue: Write[] = [];
/** Of the first in the queue. */
let headId = 1;
let scheduled = false;

function failed(firstId: number, count: number, error: unknown): void {
  const { errcode } = error as { errcode?: number };
  const message = error instanceof Error ? error.message : String(error);
  send({ kind: 'failed', firstId, count, message, errcode });
}

try {
  const writer = new Writer(path);
  const flush = (): void => {
    scheduled = false;
    const batch = queue.splice(0, MAX_BATCH);
    const firstId = headId;
    headId += batch.length;
    try {
      send({ kind: 'results', batch: packResults(firstId, writer.commit(batch)) });
      if (batch.some(({ kind }) => kind === 'compact')) writer.vacuum();
    } catch (error) {
      failed(firstId, batch.length, error);
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
    if (queue.length === 0) headId = message.firstId;
    queue.push(...unpackWrites(message));
    schedule();
  });
  send({ kind: 'ready', revision: writer.revision });
} catch (error) {
  queue = [];
  failed(0, 0, error);
  port.close();
}
