import { closeSync } from 'node:fs';
import { checked, foreignFunction, syscallNumber } from './libc.ts';
import { isAlive } from './proc.ts';

const PIDFD_OPEN = syscallNumber({ x64: 434, arm64: 434 });
const POLLIN = 1;
/** `struct pollfd`: the descriptor, then what is waited for and what has come. */
const POLLFD_BYTES = 8;
/** Those whose process ended unasked for are closed after so many new ones. */
const SWEEP_AFTER = 16;

const pidfdOpen = foreignFunction('long syscall(long number, int pid, unsigned int flags)');
const poll = foreignFunction('int poll(_Inout_ uint8_t *fds, unsigned long count, int timeout)');
const epollCreate = foreignFunction('int epoll_create1(int flags)');
const epollControl = foreignFunction('int epoll_ctl(int epfd, int op, int fd, const uint8_t *event)');
const epollWait = foreignFunction('int epoll_wait(int epfd, uint8_t *events, int count, int timeout)');

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
/** The same as for `poll`: a descriptor of a process is readable from its end on. */
const EPOLLIN = POLLIN;
/** `struct epoll_event` is packed on x86-64 alone. */
const EPOLL_EVENT_BYTES = process.arch === 'x64' ? 12 : 16;

/**
 * Whether processes live, for those who ask again and again: a process that was asked for before is held by a descriptor, which costs one
 * short call instead of a read of /proc, and means this very process for ever.
 */
export class ProcessHandles implements Disposable {
  readonly #seen = new Set<string>();
  readonly #descriptors = new Map<string, number>();
  readonly #pollfd = Buffer.alloc(POLLFD_BYTES);
  readonly #event = Buffer.alloc(EPOLL_EVENT_BYTES);
  #epoll: number | undefined;
  #opened = 0;
  #ended = 0;

  /** @param startTime in clock ticks since boot */
  isAlive(pid: number, startTime: number): boolean {
    const key = `${pid} ${startTime}`;
    const held = this.#descriptors.get(key);
    if (held !== undefined) {
      if (!this.#hasEnded(held)) return true;
      this.#closeOne(key, held);
      return false;
    }
    if (!this.#seen.delete(key)) {
      const alive = isAlive(pid, startTime);
      if (alive) this.#seen.add(key);
      return alive;
    }
    const descriptor = Number(pidfdOpen(PIDFD_OPEN, pid, 0));
    const alive = isAlive(pid, startTime);
    if (descriptor < 0) return alive;
    // Looked at after it was opened, so that it is the same.
    if (alive) this.#hold(key, descriptor);
    else closeSync(descriptor);
    return alive;
  }

  /**
   * How many of those that were held have ended so far: grows when one does, which takes one call to see, however many there are. Held is who was
   * asked for twice.
   */
  countEnded(): number {
    if (this.#epoll !== undefined && epollWait(this.#epoll, this.#event, 1, 0) > 0) this.#closeEnded();
    return this.#ended;
  }

  /** How many descriptors are held. */
  get size(): number {
    return this.#descriptors.size;
  }

  [Symbol.dispose](): void {
    for (const [key, descriptor] of this.#descriptors) this.#close(key, descriptor);
    this.#seen.clear();
    if (this.#epoll !== undefined) closeSync(this.#epoll);
    this.#epoll = undefined;
  }

  #hold(key: string, descriptor: number): void {
    this.#descriptors.set(key, descriptor);
    this.#epoll ??= checked(epollCreate(EPOLL_CLOEXEC), 'epoll_create1');
    this.#event.writeUInt32LE(EPOLLIN, 0);
    checked(epollControl(this.#epoll, EPOLL_CTL_ADD, descriptor, this.#event), 'epoll_ctl');
    this.#opened += 1;
    if (this.#opened % SWEEP_AFTER !== 0) return;
    this.#seen.clear();
    this.#closeEnded();
  }

  #closeEnded(): void {
    for (const [other, held] of this.#descriptors) if (this.#hasEnded(held)) this.#closeOne(other, held);
  }

  #hasEnded(descriptor: number): boolean {
    this.#pollfd.writeInt32LE(descriptor, 0);
    this.#pollfd.writeUInt16LE(POLLIN, 4);
    this.#pollfd.writeUInt16LE(0, 6);
    return poll(this.#pollfd, 1, 0) > 0;
  }

  #closeOne(key: string, descriptor: number): void {
    this.#ended += 1;
    this.#close(key, descriptor);
  }

  #close(key: string, descriptor: number): void {
    this.#descriptors.delete(key);
    closeSync(descriptor);
  }
}

/** Of this process: what it asks about are the same processes everywhere. */
export const processHandles = new ProcessHandles();
