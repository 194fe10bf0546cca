import { closeSync } from 'node:fs';
import { PassThrough, type Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { connectPacketSocket, sendPacket, shutdownSocket } from '../linux/packet-socket.ts';
import type { AttachWorkerData } from './attach-worker.ts';

/** The streams of a container as conmon hands them out. */
export interface AttachSocket extends AsyncDisposable {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when conmon has closed, or the socket was disposed. */
  readonly closed: Promise<void>;
}

/** conmon's names of the streams: the first byte of each packet. */
const STDOUT = 2;
const STDERR = 3;
const LARGEST_INPUT_BYTES = 8192;
const RETRY_MS = 10;

/** Longer than a slow network stutters; short enough for a container that writes. */
const STALL_MS = 10_000;

/**
 * @param stallMs a client that takes nothing for so long is cut off, for the container would wait for it
 * @throws ErrnoException when nobody listens at `path`
 */
export function openAttachSocket(path: string, stallMs = STALL_MS): AttachSocket {
  const fd = connectPacketSocket(path);
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const pending = new Int32Array(new SharedArrayBuffer(4));
  const workerData: AttachWorkerData = { fd, pending: pending.buffer, stallMs };
  const worker = new Worker(new URL('./attach-worker.ts', import.meta.url), { workerData });
  let open = true;

  worker.on('message', (packet: Uint8Array) => {
    const target = packet[0] === STDERR ? stderr : packet[0] === STDOUT ? stdout : undefined;
    const passedOn = () => {
      Atomics.sub(pending, 0, packet.length);
      Atomics.notify(pending, 0);
    };
    if (!target || target.destroyed) passedOn();
    else target.write(packet.subarray(1), passedOn);
  });
  const closed = new Promise<void>((resolve) => {
    // A thread that fails has lost the socket: for the client that is the end, too.
    worker.once('error', () => {});
    worker.once('exit', () => {
      open = false;
      closeSync(fd);
      for (const stream of [stdout, stderr]) if (!stream.destroyed) stream.end();
      stdin.destroy();
      resolve();
    });
  });
  const stdin = new Writable({
    write(chunk: Buffer, _encoding, done) {
      // oxlint-disable-next-line promise/no-callback-in-promise -- that is how a Writable waits
      sendAll(fd, chunk, () => open).then(() => done(), done);
    },
    final(done) {
      if (open) shutdownSocket(fd, 'sending');
      done();
    },
  });
  stdin.on('error', () => {
    // The container has ended, or closed its input: its exit code says what became of it.
  });
  return {
    stdin,
    stdout,
    stderr,
    closed,
    [Symbol.asyncDispose]: async () => {
      if (open) shutdownSocket(fd, 'all');
      for (const stream of [stdout, stderr]) stream.destroy();
      Atomics.store(pending, 0, 0);
      Atomics.notify(pending, 0);
      await closed;
    },
  };
}

async function sendAll(fd: number, chunk: Buffer, isOpen: () => boolean): Promise<void> {
  for (let at = 0; at < chunk.length; at += LARGEST_INPUT_BYTES) {
    const part = chunk.subarray(at, at + LARGEST_INPUT_BYTES);
    while (isOpen() && !sendPacket(fd, part)) await delay(RETRY_MS);
    if (!isOpen()) return;
  }
}
