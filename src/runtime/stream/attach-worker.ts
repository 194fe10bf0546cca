/** Receives conmon's packets in a thread of its own, for receiving blocks. Ends when the socket does. */
import { parentPort, workerData } from 'node:worker_threads';
import { receivePacket } from '../linux/packet-socket.ts';

/** What the thread is given. */
export interface AttachWorkerData {
  fd: number;
  /** One number: bytes sent on that the other thread has not passed on yet. */
  pending: SharedArrayBuffer;
  /** A client that takes nothing for so long is cut off. */
  stallMs: number;
}

/** conmon's packets: one byte for the stream, then up to 8 KiB. */
const LARGEST_PACKET_BYTES = 64 * 1024;
/** So much may wait in the other thread: then this one waits too, and with it conmon and the container. */
const MAX_PENDING_BYTES = 4 * 1024 * 1024;

const { fd, pending, stallMs } = workerData as AttachWorkerData;
const counter = new Int32Array(pending);
const buffer = Buffer.alloc(LARGEST_PACKET_BYTES);
let stalled = false;
for (let length = receivePacket(fd, buffer); length > 0 && !stalled; length = receivePacket(fd, buffer)) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origins
  parentPort?.postMessage(Uint8Array.prototype.slice.call(buffer, 0, length));
  let waiting = Atomics.add(counter, 0, length) + length;
  while (waiting > MAX_PENDING_BYTES && !stalled) {
    stalled = Atomics.wait(counter, 0, waiting, stallMs) === 'timed-out';
    waiting = Atomics.load(counter, 0);
  }
}
parentPort?.close();
