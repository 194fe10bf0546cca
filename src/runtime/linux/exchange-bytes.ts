import { closeSync } from 'node:fs';
import { checked, foreignFunction, lastErrno, systemError } from './libc.ts';
import { type PolledSocket, PolledSockets } from './polled-sockets.ts';
import { socketAddress } from './socket-address.ts';
import {
  connect,
  MSG_NOSIGNAL,
  recv,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  send,
  socket,
} from './sockets.ts';

const getsockopt = foreignFunction(
  'int getsockopt(int fd, int level, int name, uint8_t *value, uint8_t *length)',
);

const SO_ERROR = 4;
const EINTR = 4;
const EAGAIN = 11;
const EINPROGRESS = 115;

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
  const talk = new Talk(exchange, over.resolve, over.reject);
  const onAbort = (): void => {
    talk.give(signal?.reason);
    talks.remove(talk);
  };
  talks.add(talk);
  if (talk.isOver) return over.promise;
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await over.promise;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

const talks = new PolledSockets();
const heard = Buffer.alloc(16 * 1024);

/**
 *     connecting ──► writing ──► reading ──► over
 *         └─────────────┴───────────┴──(failed, late, given up)──► over
 */
class Talk implements PolledSocket {
  readonly #exchange: ByteExchange;
  readonly #resolve: (answer: Buffer) => void;
  readonly #reject: (error: unknown) => void;
  readonly isAwaited: boolean;
  readonly beganMs = performance.now();
  readonly deadlineMs: number;
  readonly fd: number;
  #state: 'connecting' | 'writing' | 'reading' | 'over' = 'connecting';
  #unsent: Uint8Array;
  #answer = Buffer.alloc(0);

  constructor(exchange: ByteExchange, resolve: (answer: Buffer) => void, reject: (error: unknown) => void) {
    const { family, bytes } = socketAddress(exchange.host, exchange.port);
    this.#exchange = exchange;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#unsent = exchange.request ?? new Uint8Array();
    this.isAwaited = exchange.isAwaited === true;
    this.deadlineMs = this.beganMs + exchange.timeoutMs;
    this.fd = checked(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'socket');
    if (connect(this.fd, bytes, bytes.length) < 0 && lastErrno() !== EINPROGRESS)
      this.#fail(lastErrno(), 'connect');
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  get awaits(): 'input' | 'output' {
    return this.#state === 'reading' ? 'input' : 'output';
  }

  proceed(): void {
    if (this.#state === 'connecting') this.#connected();
    else if (this.#state === 'writing') this.#write();
    else this.#read();
  }

  late(): void {
    const { host, port } = this.#exchange;
    this.give(Object.assign(new Error(`ETIMEDOUT: ${host}:${port}`), { code: 'ETIMEDOUT' }));
  }

  give(reason: unknown): void {
    if (this.isOver) return;
    this.#close();
    this.#reject(reason);
  }

  #connected(): void {
    const errno = new Int32Array(1);
    const size = new Uint32Array([errno.byteLength]);
    checked(getsockopt(this.fd, SOL_SOCKET, SO_ERROR, bytesOf(errno), bytesOf(size)), 'getsockopt');
    if (errno[0] !== 0) return this.#fail(errno[0] ?? 0, 'connect');
    if (this.#exchange.request === undefined) return this.#heardEnough();
    this.#state = 'writing';
    this.#write();
  }

  #write(): void {
    while (this.#unsent.length > 0) {
      const sent = Number(send(this.fd, this.#unsent, this.#unsent.length, MSG_NOSIGNAL));
      if (sent >= 0) this.#unsent = this.#unsent.subarray(sent);
      else if (lastErrno() === EAGAIN) return;
      else if (lastErrno() !== EINTR) return this.#fail(lastErrno(), 'write');
    }
    this.#state = 'reading';
  }

  #read(): void {
    for (;;) {
      const length = Number(recv(this.fd, heard, heard.length, 0));
      if (length === 0) return this.#heardEnough();
      if (length > 0) {
        this.#answer = Buffer.concat([this.#answer, heard.subarray(0, length)]);
        if (this.#isEnough()) return this.#heardEnough();
        if (this.isOver) return;
      } else if (lastErrno() === EAGAIN) return;
      else if (lastErrno() !== EINTR) return this.#fail(lastErrno(), 'read');
    }
  }

  #isEnough(): boolean {
    try {
      return this.#exchange.isEnough?.(this.#answer) === true;
    } catch (error) {
      this.give(error);
      return false;
    }
  }

  #heardEnough(): void {
    this.#close();
    this.#resolve(this.#answer);
  }

  #fail(errno: number, syscall: string): void {
    const { host, port } = this.#exchange;
    this.give(systemError(errno, syscall, `${host}:${port}`));
  }

  #close(): void {
    this.#state = 'over';
    closeSync(this.fd);
  }
}

function bytesOf(numbers: Int32Array | Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
