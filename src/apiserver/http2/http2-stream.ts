import { ERROR_CODES, type ErrorName } from './http2-error.ts';
import { FRAME, numberFrame, MAX_WINDOW } from './frames.ts';
import type { Http2Request } from './http2-request.ts';
import type { Output } from './output.ts';

/** What the client may send of a body before it is taken. */
export const STREAM_WINDOW = 256 * 1024;

const NOTHING = new Uint8Array();

/** What a stream needs of its connection. */
export interface StreamHost {
  readonly output: Output;
  /** So much of what the client has sent is no longer held. */
  readonly release: (bytes: number) => void;
  /** The stream is over. */
  readonly forget: (stream: Http2Stream) => void;
}

/**
 * One request and its answer.
 *
 *     open ──the whole answer is on its way──► closed
 *       └──reset by either side, connection lost──► closed, and whoever listens is told
 */
export class Http2Stream {
  readonly id: number;
  request: Http2Request | undefined;
  /** What is left of the body that the client announced. */
  announced: number | undefined;
  /** What may be sent before the client takes more. */
  window: number;
  /** What waits for the windows to open, or for the socket. */
  readonly pending: Uint8Array[] = [];
  isEnding = false;
  isClosed = false;
  readonly #host: StreamHost;
  #held = 0;
  #owed = 0;
  #listeners: (() => void)[] = [];
  #drain: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(id: number, window: number, host: StreamHost) {
    this.id = id;
    this.window = window;
    this.#host = host;
  }

  /** @returns whether the client kept to its window */
  receive(chunk: Buffer): boolean {
    this.#held += chunk.length;
    if (this.#held + this.#owed > STREAM_WINDOW) return false;
    this.request?.push(chunk);
    return true;
  }

  /** Somebody has taken so much of the body: the client may send as much again. */
  taken(bytes: number): void {
    this.#held -= bytes;
    this.#host.release(bytes);
    if (this.isClosed || this.request?.isEnded !== false) return;
    this.#owed += bytes;
    if (this.#owed < STREAM_WINDOW / 2) return;
    this.#host.output.control(numberFrame(FRAME.WINDOW_UPDATE, this.id, this.#owed));
    this.#owed = 0;
  }

  /** @returns whether the window is still one */
  widen(bytes: number): boolean {
    this.window += bytes;
    return this.window <= MAX_WINDOW;
  }

  /** @param body all of it, or nothing when it comes bit by bit */
  sendHead(block: string, body: readonly Uint8Array[] | undefined): void {
    if (this.isClosed) return;
    this.isEnding = body !== undefined;
    this.#host.output.head(this, block, body);
  }

  /** @returns whether more may be sent before it drains */
  send(parts: readonly Uint8Array[], isEnd: boolean): boolean {
    if (this.isClosed || this.isEnding) return true;
    this.isEnding = isEnd;
    // The end by itself is told by a piece that is empty.
    return this.#host.output.data(this, ...(parts.length === 0 ? [NOTHING] : parts));
  }

  drained(): Promise<void> {
    if (this.isClosed || this.#host.output.takesMore(this)) return Promise.resolve();
    this.#drain ??= Promise.withResolvers<void>();
    return this.#drain.promise;
  }

  /** Whoever waits may go on. */
  wake(): void {
    this.#drain?.resolve();
    this.#drain = undefined;
  }

  onGone(listener: () => void): void {
    if (this.isClosed) listener();
    else this.#listeners.push(listener);
  }

  /** All of the answer is on its way. Who is still sending need not go on. */
  finish(): void {
    if (this.isClosed) return;
    if (this.request?.isEnded === false) this.#reset('NO_ERROR');
    this.#listeners = [];
    this.close('the request was answered');
  }

  /** The answer ends in the middle. */
  breakOff(reason: ErrorName = 'INTERNAL_ERROR'): void {
    if (this.isClosed) return;
    this.#reset(reason);
    this.close('the answer broke off');
  }

  /** Nothing more comes or goes. @param why for who still reads the body */
  close(why: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.pending.length = 0;
    this.#host.forget(this);
    if (this.request?.isEnded === false) this.request.fail(new Error(why));
    this.#host.release(this.#held);
    this.#held = 0;
    for (const listener of this.#listeners) listener();
    this.wake();
  }

  #reset(reason: ErrorName): void {
    this.#host.output.control(numberFrame(FRAME.RST_STREAM, this.id, ERROR_CODES[reason]));
  }
}
