/** The thread of `connect-in-network.ts`: it is never used for anything else, for it cannot leave the namespace. */
import { closeSync, openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { foreignFunction, lastErrno } from './libc.ts';
import { AF_INET, AF_INET6, connect, SOCK_CLOEXEC, SOCK_STREAM, SOL_SOCKET, socket } from './sockets.ts';
import { enterNamespace } from './within-namespace.ts';

export interface ConnectRequest {
  path: string;
  port: number;
  timeoutMs: number;
}

export type ConnectAnswer = { fd: number } | { errno: number; syscall: string };

const setsockopt = foreignFunction(
  'int setsockopt(int fd, int level, int name, const int64_t *value, unsigned int length)',
);

/** How long connect(2) waits, too. */
const SO_SNDTIMEO = 21;
const ENOENT = 2;
const ETIMEDOUT = 110;
/** What the kernel calls it when that time is over. */
const EINPROGRESS = 115;

function run({ path, port, timeoutMs }: ConnectRequest): ConnectAnswer {
  let namespace: number;
  try {
    namespace = openSync(path, 'r');
  } catch {
    return { errno: ENOENT, syscall: 'open' };
  }
  try {
    enterNamespace('net', namespace);
  } catch {
    return { errno: lastErrno(), syscall: 'setns' };
  } finally {
    closeSync(namespace);
  }
  const first = connectTo(AF_INET, addressOf4(port), timeoutMs);
  if ('fd' in first) return first;
  const second = connectTo(AF_INET6, addressOf6(port), timeoutMs);
  return 'fd' in second ? second : first;
}

function connectTo(family: number, address: Buffer, timeoutMs: number): ConnectAnswer {
  const fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return { errno: lastErrno(), syscall: 'socket' };
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, BigInt64Array.of(BigInt(seconds), 0n), 16);
  if (connect(fd, address, address.length) === 0) {
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, BigInt64Array.of(0n, 0n), 16);
    return { fd };
  }
  const errno = lastErrno();
  closeSync(fd);
  return { errno: errno === EINPROGRESS ? ETIMEDOUT : errno, syscall: 'connect' };
}

/** `sockaddr_in` for 127.0.0.1. */
function addressOf4(port: number): Buffer {
  const address = Buffer.alloc(16);
  address.set(new Uint8Array(Uint16Array.of(AF_INET).buffer), 0);
  address.writeUInt16BE(port, 2);
  address.set([127, 0, 0, 1], 4);
  return address;
}

/** `sockaddr_in6` for ::1. */
function addressOf6(port: number): Buffer {
  const address = Buffer.alloc(28);
  address.set(new Uint8Array(Uint16Array.of(AF_INET6).buffer), 0);
  address.writeUInt16BE(port, 2);
  address[23] = 1;
  return address;
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origins
parentPort?.postMessage(run(workerData as ConnectRequest));
