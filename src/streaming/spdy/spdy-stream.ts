import { Duplex } from 'node:stream';
import { PeapodError } from '../../model/errors.ts';
import { ByteStore } from '../byte-store.ts';
import { RESET } from './frame.ts';
import type { Headers } from './header-block.ts';

/** So much may come on a stream before its reader has taken it. */
export const WINDOW_BYTES = 256 * 1024;

/** Greatest DATA frame that we send, so that streams take turns. */
const FRAME_BYTES = 32 * 1024;
const HIGHEST_WINDOW = 0x7fff_ffff;

type Callback = (error?: Error | null) => void;

/** What a stream needs of its connection. */
export interface StreamLink {
  sendData(streamId: number, fin: boolean, data: Buffer, sent: Callback): void;
  sendReset(streamId: number, status: number): void;
  sendWindowUpdate(streamId: number, delta: number): void;
  sendReply(streamId: number): void;
  /** The stream has too much in store, or no longer. */
  setFull(stream: SpdyStream, isFull: boolean): void;
  /** Neither side will send more. */
  closed(stream: SpdyStream): void;
}

/** A stream ended that its peer did not finish. */
export class StreamReset extends PeapodError {
  constructor(message: string) {
    super('Unavailable', message, { retryable: true });
  }
}

/**
 * One stream of a connection. Ending the writable side sends FIN; destroying it before both sides are through resets it. When the
 * peer resets it, `reset` is emitted, and `lost` when the connection is lost; what came before can still be read, and writing fails.
 *
 * What may be sent is bounded by the peer's window only when the peer has said how great it is: spdystream, which all of Kubernetes
 * uses, neither keeps nor opens windows, but leaves it to TCP.
 */
export class SpdyStream extends Duplex {
  readonly id: number;
  readonly headers: Headers;
  readonly #link: StreamLink;
  readonly #store = new ByteStore();
  #isWanted = false;
  #unacknowledged = 0;
  #window: number;
  #blocked: (() => void) | undefined;
  #remote: 'open' | 'finished' | 'reset' | 'lost' = 'open';
  #isLocalFinished = false;
  #isReported = false;
  #endsAfter: Promise<unknown> | undefined;

  /** @param window what may be sent before the peer acknowledges it; `Infinity` when the peer keeps no windows */
  constructor(link: StreamLink, id: number, headers: Headers, window: number) {
    super({ allowHalfOpen: true, readableHighWaterMark: FRAME_BYTES, writableHighWaterMark: FRAME_BYTES });
    this.#link = link;
    this.id = id;
    this.headers = headers;
    this.#window = window;
    // Whoever uses the stream learns of its errors; one that nobody uses must not bring the process down.
    this.on('error', () => {});
  }

  /** Takes the peer's wish for this stream. */
  accept(): void {
    this.#link.sendReply(this.id);
  }

  /** Turns the peer's wish for this stream down. */
  refuse(): void {
    this.#finishBoth(RESET.refusedStream);
    this.destroy();
  }

  /** Holds the readable side's end back until then. */
  endAfter(ready: Promise<unknown>): void {
    this.#endsAfter = ready;
  }

  receive(data: Buffer): void {
    if (this.#remote !== 'open' || this.destroyed || data.length === 0) return;
    if (this.#isWanted) this.#pass(data);
    else {
      this.#store.push(data);
      if (this.#store.bytes > WINDOW_BYTES) this.#link.setFull(this, true);
    }
  }

  receiveFin(): void {
    if (this.#remote !== 'open') return;
    this.#remote = 'finished';
    if (this.#isWanted) this.#pushEnd();
    this.#report();
  }

  receiveReset(status: number): void {
    this.#isLocalFinished = true;
    if (this.#remote === 'open') this.#remote = 'reset';
    if (this.#isWanted) this.#pushEnd();
    this.#report();
    this.#unblock();
    this.emit('reset', status);
  }

  /** The connection has ended; a stream that was not finished breaks once it has been read. */
  receiveLoss(): void {
    this.#isLocalFinished = true;
    if (this.#remote === 'open') {
      this.#remote = 'lost';
      if (this.#isWanted) this.destroy(new StreamReset('the connection was lost'));
    }
    this.#report();
    this.#unblock();
    this.emit('lost');
  }

  /** The peer has taken so much, or widens its window for another reason. */
  widen(delta: number): void {
    this.#window += delta;
    if (this.#window > HIGHEST_WINDOW && Number.isFinite(this.#window)) {
      this.#finishBoth(RESET.flowControlError);
      this.destroy(new StreamReset('the peer has opened its window beyond all bounds'));
    } else if (this.#window > 0) this.#unblock();
  }

  /** The peer has begun to keep windows. */
  limitWindow(window: number): void {
    if (this.#window === Number.POSITIVE_INFINITY) this.#window = window;
  }

  override _read(): void {
    const data = this.#store.shift();
    if (data) {
      if (this.#store.bytes <= WINDOW_BYTES) this.#link.setFull(this, false);
      this.#pass(data);
    } else if (this.#remote === 'open') this.#isWanted = true;
    else if (this.#remote === 'lost') this.destroy(new StreamReset('the connection was lost'));
    else this.#pushEnd();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: Callback): void {
    if (this.#isLocalFinished) {
      const how = { open: 'closed', finished: 'closed', reset: 'reset', lost: 'lost' }[this.#remote];
      callback(new StreamReset(`the stream is ${how}`));
      return;
    }
    const length = Math.min(chunk.length, FRAME_BYTES, this.#window);
    if (length <= 0 && chunk.length > 0) {
      this.#blocked = () => this._write(chunk, encoding, callback);
      return;
    }
    this.#window -= length;
    this.#link.sendData(this.id, false, chunk.subarray(0, length), (error) => {
      if (error || length === chunk.length) callback(error);
      else this._write(chunk.subarray(length), encoding, callback);
    });
  }

  override _final(callback: Callback): void {
    if (this.#isLocalFinished) {
      callback();
      return;
    }
    this.#isLocalFinished = true;
    this.#link.sendData(this.id, true, Buffer.alloc(0), () => callback());
    this.#report();
  }

  override _destroy(error: Error | null, callback: Callback): void {
    this.#finishBoth(RESET.cancel);
    this.#store.clear();
    this.#link.setFull(this, false);
    this.#unblock();
    callback(error);
  }

  #pass(data: Buffer): void {
    this.#unacknowledged += data.length;
    if (this.#unacknowledged >= WINDOW_BYTES / 2 && this.#remote === 'open') {
      this.#link.sendWindowUpdate(this.id, this.#unacknowledged);
      this.#unacknowledged = 0;
    }
    this.#isWanted = false;
    // Asks for more by itself when it wants more.
    this.push(data);
  }

  #pushEnd(): void {
    this.#isWanted = false;
    const end = () => void this.push(null);
    if (this.#endsAfter) this.#endsAfter.then(end, end);
    else end();
  }

  #finishBoth(status: number): void {
    if (!this.#isReported && !(this.#isLocalFinished && this.#remote !== 'open')) {
      this.#link.sendReset(this.id, status);
    }
    this.#isLocalFinished = true;
    if (this.#remote === 'open') this.#remote = 'reset';
    this.#report();
  }

  #report(): void {
    if (this.#isReported || !this.#isLocalFinished || this.#remote === 'open') return;
    this.#isReported = true;
    this.#link.closed(this);
  }

  #unblock(): void {
    const blocked = this.#blocked;
    this.#blocked = undefined;
    blocked?.();
  }
}
