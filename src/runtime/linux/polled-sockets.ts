import { foreignFunction, lastErrno, systemError } from './libc.ts';

const poll = foreignFunction('int poll(uint8_t *fds, unsigned long count, int timeout)');

const POLLIN = 1;
const POLLOUT = 4;
const EINTR = 4;
/** `struct pollfd`: a descriptor, what is awaited, and what is there. */
const POLLFD_INTS = 2;
const WORD = 16;

/** When it is looked for the first time, and then again after so much of the time that it has taken already. */
const AWAITED = { firstMs: 1, patience: 0.5 };
const NOT_AWAITED = { firstMs: 20, patience: 1 };
const LONGEST_PAUSE_MS = 250;

export interface PolledSocket {
  readonly fd: number;
  readonly awaits: 'input' | 'output';
  /** Whether somebody waits for its end: then it is looked at sooner, for which a resting process wakes up more often. */
  readonly isAwaited: boolean;
  /** Of `performance.now()`, as is the deadline. */
  readonly beganMs: number;
  readonly deadlineMs: number;
  /** Then the descriptor is closed, and it is not looked at any more. */
  readonly isOver: boolean;
  /** Called when what it awaits is there, or it has failed, and once as it begins: it goes as far as it can without a wait. */
  proceed(): void;
  /** Called when its time is over. */
  late(): void;
}

/**
 * Looks at many sockets together, soon at first and then ever more rarely: for talks with the machine's own pods, which are over before one could
 * wait for them. Sockets of node:net wake a resting process for each thing that happens to each of them.
 */
export class PolledSockets {
  readonly #sockets = new Set<PolledSocket>();
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  /** Lets it proceed as far as it can, and looks at it again until it is over. */
  add(socket: PolledSocket): void {
    socket.proceed();
    if (socket.isOver) return;
    this.#sockets.add(socket);
    this.#lookAt(nextLook(socket, performance.now()));
  }

  remove(socket: PolledSocket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size > 0) return;
    clearTimeout(this.#timer);
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #look(): void {
    this.#dueMs = Number.POSITIVE_INFINITY;
    for (const socket of ready([...this.#sockets])) if (!socket.isOver) socket.proceed();
    const now = performance.now();
    let dueMs = Number.POSITIVE_INFINITY;
    for (const socket of this.#sockets) {
      if (!socket.isOver && socket.deadlineMs <= now) socket.late();
      if (socket.isOver) this.#sockets.delete(socket);
      else dueMs = Math.min(dueMs, nextLook(socket, now));
    }
    if (this.#sockets.size > 0) this.#lookAt(dueMs);
  }

  #lookAt(dueMs: number): void {
    if (this.#dueMs <= dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => this.#look(), Math.ceil(Math.max(1, dueMs - performance.now())));
  }
}

function nextLook({ isAwaited, beganMs, deadlineMs }: PolledSocket, now: number): number {
  const { firstMs, patience } = isAwaited ? AWAITED : NOT_AWAITED;
  const pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(AWAITED.firstMs, (now - beganMs) * patience));
  return Math.min(deadlineMs, Math.max(beganMs + firstMs, now + pauseMs));
}

let pollfds = new Int32Array(POLLFD_INTS);
let pollfdBytes = new Uint8Array(pollfds.buffer);

function ready(sockets: readonly PolledSocket[]): PolledSocket[] {
  if (pollfds.length < sockets.length * POLLFD_INTS) {
    pollfds = new Int32Array(2 * sockets.length * POLLFD_INTS);
    pollfdBytes = new Uint8Array(pollfds.buffer);
  }
  for (const [index, { fd, awaits }] of sockets.entries()) {
    pollfds[index * POLLFD_INTS] = fd;
    pollfds[index * POLLFD_INTS + 1] = awaits === 'input' ? POLLIN : POLLOUT;
  }
  const count: number = poll(pollfdBytes, sockets.length, 0);
  if (count < 0 && lastErrno() !== EINTR) throw systemError(lastErrno(), 'poll');
  if (count <= 0) return [];
  return sockets.filter((_, index) => (pollfds[index * POLLFD_INTS + 1] ?? 0) >>> WORD !== 0);
}
