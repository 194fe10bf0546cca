/** What goes out on a connection: as few writes as there can be, and no more at a time than the client takes. */
import type { Duplex } from 'node:stream';
import { FIRST_WINDOW, FLAG, FRAME, FRAME_BYTES, HEAD_BYTES, MAX_WINDOW, writeFrameHead } from './frames.ts';
import type { Http2Stream } from './http2-stream.ts';
import type { OpenStreams } from './open-streams.ts';

/** So much is collected, at most, before it is written. */
const COLLECTED_BYTES = 64 * 1024;
/** Up to this it is dearer to write pieces than to copy them. */
const COPIED_BYTES = 256 * 1024;
/** So much may wait in the socket while there is more to write. */
const SOCKET_BYTES = 256 * 1024;
/** What a client makes us answer without reading it. */
const CONTROL_BYTES = 256 * 1024;

export class Output {
  /** What may be sent, over all streams, before the client takes more. */
  window = FIRST_WINDOW;
  /** How large a frame the client takes. */
  frameBytes = FRAME_BYTES;
  readonly #socket: Duplex;
  readonly #streams: OpenStreams;
  readonly #waiting = new Set<Http2Stream>();
  #collected: Uint8Array[] = [];
  #bytes = 0;
  #isScheduled = false;
  #controlBytes = 0;

  constructor(socket: Duplex, streams: OpenStreams) {
    this.#socket = socket;
    this.#streams = streams;
    socket.on('drain', () => this.#drained());
  }

  /** A frame that is subject to no window. */
  control(frame: Uint8Array): void {
    if (this.#socket.writableNeedDrain) this.#controlBytes += frame.length;
    else this.#controlBytes = 0;
    this.#add(frame);
    this.#schedule();
  }

  /** Whether the client has us write what it does not read. */
  get isFlooded(): boolean {
    return this.#controlBytes > CONTROL_BYTES;
  }

  /** @param body all of it, or nothing when it comes bit by bit */
  head(stream: Http2Stream, block: string, body: readonly Uint8Array[] | undefined): void {
    const length = lengthOf(body);
    const isWhole = block.length + length <= this.frameBytes - HEAD_BYTES && this.#room(stream) >= length;
    if (!isWhole || this.#waiting.size > 0) {
      this.#addHead(stream.id, block, body !== undefined && length === 0);
      if (body !== undefined && length > 0) this.data(stream, ...body);
      else if (body !== undefined) stream.finish();
      this.#schedule();
      return;
    }
    const isEmpty = body !== undefined && length === 0;
    const size = HEAD_BYTES + block.length + (length > 0 ? HEAD_BYTES + length : 0);
    const frames = Buffer.allocUnsafe(size);
    const flags = FLAG.END_HEADERS | (isEmpty ? FLAG.END_STREAM : 0);
    let at = writeFrameHead(frames, 0, block.length, FRAME.HEADERS, flags, stream.id);
    at += frames.write(block, at, 'latin1');
    if (length > 0) {
      at = writeFrameHead(frames, at, length, FRAME.DATA, FLAG.END_STREAM, stream.id);
      for (const part of body ?? []) {
        frames.set(part, at);
        at += part.length;
      }
      this.window -= length;
    }
    this.#add(frames);
    if (body === undefined) return this.#schedule();
    stream.finish();
    // Who has asked for one thing waits for it; who has asked for more gets what is ready in one piece.
    if (this.#streams.size === 0) this.flush();
    else this.#schedule();
  }

  /** @returns whether more may be written before it drains */
  data(stream: Http2Stream, ...parts: readonly Uint8Array[]): boolean {
    const isFirst = stream.pending.length === 0;
    stream.pending.push(...parts);
    if (isFirst) this.#pump(stream);
    if (stream.pending.length > 0) this.#waiting.add(stream);
    this.#schedule();
    return stream.isClosed || this.takesMore(stream);
  }

  takesMore(stream: Http2Stream): boolean {
    return stream.pending.length === 0 && !this.#socket.writableNeedDrain;
  }

  /** The client takes more than before. @returns whether the window is still one */
  widen(bytes: number): boolean {
    this.window += bytes;
    this.pumpAll();
    return this.window <= MAX_WINDOW;
  }

  /** Sends what has been waiting; whose turn it was is last the next time. */
  pumpAll(): void {
    for (const stream of Array.from(this.#waiting)) {
      this.#pump(stream);
      this.#waiting.delete(stream);
      if (stream.isClosed) continue;
      if (stream.pending.length > 0) this.#waiting.add(stream);
      if (this.takesMore(stream)) stream.wake();
    }
    this.#schedule();
  }

  flush(): void {
    const [only] = this.#collected;
    const collected = this.#collected;
    const bytes = this.#bytes;
    this.#collected = [];
    this.#bytes = 0;
    if (only === undefined || !this.#socket.writable) return;
    if (collected.length === 1) this.#socket.write(only);
    else if (bytes <= COPIED_BYTES) this.#socket.write(Buffer.concat(collected, bytes));
    else {
      this.#socket.cork();
      for (const part of collected) this.#socket.write(part);
      this.#socket.uncork();
    }
  }

  forget(stream: Http2Stream): void {
    this.#waiting.delete(stream);
  }

  #room(stream: Http2Stream): number {
    return Math.min(this.window, stream.window);
  }

  #pump(stream: Http2Stream): void {
    const { pending } = stream;
    for (let bytes = pending[0]; bytes !== undefined; bytes = pending[0]) {
      if (this.#socket.writableLength > SOCKET_BYTES) return;
      const size = Math.max(0, Math.min(bytes.length, this.#room(stream), this.frameBytes));
      if (size === 0 && bytes.length > 0) return;
      const isAll = size === bytes.length;
      if (isAll) pending.shift();
      else pending[0] = bytes.subarray(size);
      const isEnd = isAll && pending.length === 0 && stream.isEnding;
      // A piece that is empty tells nothing but the end.
      if (size > 0 || isEnd) this.#addData(stream, isAll ? bytes : bytes.subarray(0, size), isEnd);
      if (isEnd) return stream.finish();
    }
  }

  #addData(stream: Http2Stream, bytes: Uint8Array, isEnd: boolean): void {
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    writeFrameHead(head, 0, bytes.length, FRAME.DATA, isEnd ? FLAG.END_STREAM : 0, stream.id);
    this.window -= bytes.length;
    stream.window -= bytes.length;
    this.#add(head);
    if (bytes.length > 0) this.#add(bytes);
  }

  #addHead(id: number, block: string, isEnd: boolean): void {
    for (let at = 0; at === 0 || at < block.length; at += this.frameBytes) {
      const part = block.slice(at, at + this.frameBytes);
      const isLast = at + this.frameBytes >= block.length;
      const flags = (isLast ? FLAG.END_HEADERS : 0) | (at === 0 && isEnd ? FLAG.END_STREAM : 0);
      const frame = Buffer.allocUnsafe(HEAD_BYTES + part.length);
      const type = at === 0 ? FRAME.HEADERS : FRAME.CONTINUATION;
      frame.write(part, writeFrameHead(frame, 0, part.length, type, flags, id), 'latin1');
      this.#add(frame);
    }
  }

  #add(bytes: Uint8Array): void {
    this.#collected.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= COLLECTED_BYTES) this.flush();
  }

  /** All that this turn still brings goes with it. */
  #schedule(): void {
    if (this.#isScheduled || this.#bytes === 0) return;
    this.#isScheduled = true;
    process.nextTick(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  #drained(): void {
    this.#controlBytes = 0;
    this.pumpAll();
    for (const stream of this.#streams.all()) if (this.takesMore(stream)) stream.wake();
  }
}

function lengthOf(parts: readonly Uint8Array[] | undefined): number {
  let length = 0;
  for (const part of parts ?? []) length += part.length;
  return length;
}
