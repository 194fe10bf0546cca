/** UNIX sockets that keep packets apart (SOCK_SEQPACKET), which node:net does not know. @see unix(7) */
import { closeSync, constants, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { externalStep } from './external-step.ts';
import { checked, foreignFunction, lastErrno, systemError } from './libc.ts';
import {
  AF_UNIX,
  connect,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  recv,
  SOCK_CLOEXEC,
  SOCK_SEQPACKET,
  send,
  socket,
} from './sockets.ts';

const shutdown = foreignFunction('int shutdown(int fd, int how)');

const EINTR = 4;
const EAGAIN = 11;
const SHUT_WR = 1;
const SHUT_RDWR = 2;
/** `sockaddr_un` has room for so many bytes of path. */
const LONGEST_PATH = 107;

/**
 * Connects to the socket at `path`, however long that is.
 * @returns the file descriptor; the caller closes it
 * @throws ErrnoException ENOENT, ECONNREFUSED
 */
export function connectPacketSocket(path: string): number {
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  const fd = checked(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), 'socket');
  try {
    const short = Buffer.from(`/proc/self/fd/${directory}/${basename(path)}`);
    if (short.length > LONGEST_PATH) throw new RangeError(`socket name too long: ${basename(path)}`);
    const family = Buffer.from(Uint16Array.of(AF_UNIX).buffer);
    const address = Buffer.concat([family, short, Buffer.alloc(1)]);
    externalStep('connect', path, () => checked(connect(fd, address, address.length), 'connect', path));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  } finally {
    closeSync(directory);
  }
}

/**
 * Sends one packet without waiting.
 * @returns false when the other side has to read first
 * @throws ErrnoException EPIPE, ECONNRESET
 */
export function sendPacket(fd: number, data: Uint8Array): boolean {
  for (;;) {
    if (Number(send(fd, data, data.length, MSG_DONTWAIT | MSG_NOSIGNAL)) >= 0) return true;
    const errno = lastErrno();
    if (errno === EAGAIN) return false;
    if (errno !== EINTR) throw systemError(errno, 'send');
  }
}

/**
 * Waits for one packet, and blocks its thread meanwhile: not for the main one.
 * @returns its length; 0 when the other side has closed, or we have shut down
 */
export function receivePacket(fd: number, buffer: Uint8Array): number {
  for (;;) {
    const length = Number(recv(fd, buffer, buffer.length, 0));
    if (length >= 0) return length;
    const errno = lastErrno();
    if (errno !== EINTR) return 0;
  }
}

/** Tells the other side that no more comes; or, with `all`, ends both directions, which wakes a thread that waits to receive. */
export function shutdownSocket(fd: number, what: 'sending' | 'all'): void {
  shutdown(fd, what === 'all' ? SHUT_RDWR : SHUT_WR);
}
