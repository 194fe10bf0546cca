import { closeSync } from 'node:fs';
import { lastErrno, systemError } from './libc.ts';
import { type PolledSocket, PolledSockets } from './polled-sockets.ts';
import { socketAddress } from './socket-address.ts';
import {
  connect,
  MSG_NOSIGNAL,
  recv,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  send,
  socket,
} from './sockets.ts';

const EINTR = 4;
const EAGAIN = 11;
const EISCONN = 106;
const EALREADY = 114;
const EINPROGRESS = 115;
/** What a connection fails with that does not come about, whichever call tells: ENETUNREACH, ETIMEDOUT, ECONNREFUSED, EHOSTUNREACH. */
const UNCONNECTED: ReadonlySet<number> = new Set([101, 110, 111, 113]);

export interface ByteExchange {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  /** What is said; absent: to be connected is enough. */
  readonly request?: Uint8Array;
  /** Whether so much of an answer is enough; it ends when the other side closes anyway. */
  readonly isEnough?: (answer: Buffer) => boolean;
  readonly timeoutMs: number;
  /** Whether somebody waits for the end, who is told of it a millisecond later at most, not twice as late. */
  readonly isAwaited?: boolean;
}

/**
 * A short talk over TCP: connects, perhaps says something, listens until enough was heard, and closes.
 * @returns what was heard; nothing where nothing was asked
 * @throws ErrnoException of `connect`, `write` or `read`; ETIMEDOUT without a `syscall` when the time is over; what `isEnough` throws; RangeError for
 * what is no IP address; the signal's reason when aborted
 */
export async function exchangeBytes(
  exchange: ByteExchange,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Buffer> {
  signal?.throwIfAborted();
  const over = Promise.withResolvers<Buffer>();
  const talk = new Talk(exchange);
  talk.begin((error, heard) => {
    if (error === undefined) over.resolve(Buffer.from(heard));
    else over.reject(error);
  });
  if (talk.isOver) return over.promise;
  const onAbort = (): void => {
    talk.giveUp();
    over.reject(signal?.reason);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await over.promise;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** The same talk again and again, which then costs little more than its system calls. */
export interface RepeatedExchange {
  /**
   * Has it once, never while one is under way.
   * @param onEnd told, perhaps at once, what went wrong as `exchangeBytes` would, or what was heard; that may be kept as a copy only
   */
  begin(onEnd: (error: unknown, heard: Buffer) => void): void;
  /** Gives up the one under way, and tells nobody. */
  giveUp(): void;
}

/** @throws RangeError for what is no IP address */
export function repeatExchange(exchange: ByteExchange): RepeatedExchange {
  return new Talk(exchange);
}

const talks = new PolledSockets();
const heard = Buffer.alloc(16 * 1024);
const NOTHING = Buffer.alloc(0);

/**
 *     over ──begin──► connecting ──► writing ──► reading ──► over
 *                         └─────────────┴───────────┴──(failed, late, given up)──► over
 */
class Talk implements PolledSocket, RepeatedExchange {
  readonly #exchange: ByteExchange;
  readonly #family: number;
  readonly #address: Buffer;
  readonly isAwaited: boolean;
  beganMs = 0;
  deadlineMs = 0;
  fd = -1;
  #state: 'connecting' | 'writing' | 'reading' | 'over' = 'over';
  #unsent: Uint8Array = NOTHING;
  #answer: Buffer = NOTHING;
  #onEnd: (error: unknown, heard: Buffer) => void = () => {};

  constructor(exchange: ByteExchange) {
    const { family, bytes } = socketAddress(exchange.host, exchange.port);
    this.#exchange = exchange;
    this.#family = family;
    this.#address = bytes;
    this.isAwaited = exchange.isAwaited === true;
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  get awaits(): 'input' | 'output' {
    return this.#state === 'reading' ? 'input' : 'output';
  }

  begin(onEnd: (error: unknown, heard: Buffer) => void): void {
    const { request, timeoutMs } = this.#exchange;
    this.#onEnd = onEnd;
    this.#unsent = request ?? NOTHING;
    this.#answer = NOTHING;
    this.beganMs = performance.now();
    this.deadlineMs = this.beganMs + timeoutMs;
    this.fd = socket(this.#family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (this.fd < 0) return onEnd(systemError(lastErrno(), 'socket'), NOTHING);
    this.#state = 'connecting';
    if (!this.#hasConnected() && this.isOver) return;
    // To a pod of this machine a connection stands by now, though it was not told.
    if (request !== undefined) this.#state = 'writing';
    talks.add(this);
  }

  proceed(): void {
    if (this.#state === 'connecting') {
      if (this.#hasConnected()) this.#heardEnough();
    } else if (this.#state === 'writing') this.#write();
    else this.#read();
  }

  late(): void {
    const { host, port } = this.#exchange;
    this.#end(Object.assign(new Error(`ETIMEDOUT: ${host}:${port}`), { code: 'ETIMEDOUT' }), NOTHING);
  }

  giveUp(): void {
    if (this.isOver) return;
    this.#onEnd = () => {};
    this.#end(undefined, NOTHING);
    talks.remove(this);
  }

  #hasConnected(): boolean {
    if (connect(this.fd, this.#address, this.#address.length) >= 0) return true;
    const errno = lastErrno();
    if (errno === EISCONN) return true;
    if (errno !== EINPROGRESS && errno !== EALREADY) this.#fail(errno, 'connect');
    return false;
  }

  #write(): void {
    while (this.#unsent.length > 0) {
      const sent = Number(send(this.fd, this.#unsent, this.#unsent.length, MSG_NOSIGNAL));
      if (sent >= 0) {
        this.#unsent = this.#unsent.subarray(sent);
        continue;
      }
      const errno = lastErrno();
      if (errno === EAGAIN) return;
      if (errno !== EINTR) return this.#fail(errno, UNCONNECTED.has(errno) ? 'connect' : 'write');
    }
    this.#state = 'reading';
  }

  #read(): void {
    for (;;) {
      const length = Number(recv(this.fd, heard, heard.length, 0));
      if (length === 0) return this.#heardEnough();
      if (length > 0) {
        const more = heard.subarray(0, length);
        const answer = this.#answer.length === 0 ? more : Buffer.concat([this.#answer, more]);
        if (this.#isEnough(answer)) return this.#end(undefined, answer);
        if (this.isOver) return;
        // Others hear by the same buffer.
        this.#answer = answer === more ? Buffer.from(more) : answer;
      } else if (lastErrno() === EAGAIN) return;
      else if (lastErrno() !== EINTR) return this.#fail(lastErrno(), 'read');
    }
  }

  #isEnough(answer: Buffer): boolean {
    try {
      return this.#exchange.isEnough?.(answer) === true;
    } catch (error) {
      this.#end(error, NOTHING);
      return false;
    }
  }

  #heardEnough(): void {
    this.#end(undefined, this.#answer);
  }

  #fail(errno: number, syscall: string): void {
    const { host, port } = this.#exchange;
    this.#end(systemError(errno, syscall, `${host}:${port}`), NOTHING);
  }

  #end(error: unknown, answer: Buffer): void {
    this.#state = 'over';
    this.#answer = NOTHING;
    closeSync(this.fd);
    this.#onEnd(error, answer);
  }
}
