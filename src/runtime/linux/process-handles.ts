import { closeSync } from 'node:fs';
import { foreignFunction, syscallNumber } from './libc.ts';
import { isAlive } from './proc.ts';

const PIDFD_OPEN = syscallNumber({ x64: 434, arm64: 434 });
const POLLIN = 1;
/** `struct pollfd`: the descriptor, then what is waited for and what has come. */
const POLLFD_BYTES = 8;
/** Those whose process ended unasked for are closed after so many new ones. */
const SWEEP_AFTER = 16;

const pidfdOpen = foreignFunction('long syscall(long number, int pid, unsigned int flags)');
const poll = foreignFunction('int poll(_Inout_ uint8_t *fds, unsigned long count, int timeout)');

/**
 * Whether processes live, for those who ask again and again: a process that was asked for before is held by a descriptor, which costs one
 * short call instead of a read of /proc, and means this very process for ever.
 */
export class ProcessHandles implements Disposable {
  readonly #seen = new Set<string>();
  readonly #descriptors = new Map<string, number>();
  readonly #pollfd = Buffer.alloc(POLLFD_BYTES);
  #opened = 0;

  /** @param startTime in clock ticks since boot */
  isAlive(pid: number, startTime: number): boolean {
    const key = `${pid} ${startTime}`;
    const held = this.#descriptors.get(key);
    if (held !== undefined) {
      if (!this.#hasEnded(held)) return true;
      this.#close(key, held);
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

  /** How many descriptors are held. */
  get size(): number {
    return this.#descriptors.size;
  }

  [Symbol.dispose](): void {
    for (const [key, descriptor] of this.#descriptors) this.#close(key, descriptor);
    this.#seen.clear();
  }

  #hold(key: string, descriptor: number): void {
    this.#descriptors.set(key, descriptor);
    this.#opened += 1;
    if (this.#opened % SWEEP_AFTER !== 0) return;
    this.#seen.clear();
    for (const [other, held] of this.#descriptors) if (this.#hasEnded(held)) this.#close(other, held);
  }

  #hasEnded(descriptor: number): boolean {
    this.#pollfd.writeInt32LE(descriptor, 0);
    this.#pollfd.writeUInt16LE(POLLIN, 4);
    this.#pollfd.writeUInt16LE(0, 6);
    return poll(this.#pollfd, 1, 0) > 0;
  }

  #close(key: string, descriptor: number): void {
    this.#descriptors.delete(key);
    closeSync(descriptor);
  }
}

/** Of this process: what it asks about are the same processes everywhere. */
export const processHandles = new ProcessHandles();
