/** Listening sockets on addresses that the machine may get later, which node:net does not know. @see ip(7), IP_FREEBIND */
import { closeSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { checked, foreignFunction } from './libc.ts';
import { AF_INET, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM, SOL_SOCKET, socket } from './sockets.ts';

const setsockopt = foreignFunction(
  'int setsockopt(int fd, int level, int name, const int *value, unsigned int length)',
);
const bind = foreignFunction('int bind(int fd, const uint8_t *address, unsigned int length)');
const listen = foreignFunction('int listen(int fd, int backlog)');

const SO_REUSEADDR = 2;
const SOL_IP = 0;
const IP_FREEBIND = 15;
const BACKLOG = 511;
const ADDRESS_BYTES = 16;
const INT_BYTES = 4;

/**
 * Listens for TCP on an IPv4 address, whether the machine has it yet or not.
 * @returns the file descriptor; the caller closes it, or hands it to a server
 * @throws RangeError for another kind of address; ErrnoException EADDRINUSE, EACCES
 */
export function listenAhead(host: string, port: number): number {
  if (!isIPv4(host)) throw new RangeError(`not an IPv4 address: ${host}`);
  const fd = checked(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'socket');
  try {
    for (const [level, name] of [
      [SOL_SOCKET, SO_REUSEADDR],
      [SOL_IP, IP_FREEBIND],
    ])
      checked(setsockopt(fd, level, name, [1], INT_BYTES), 'setsockopt');
    const address = Buffer.alloc(ADDRESS_BYTES);
    new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_INET;
    address.writeUInt16BE(port, 2);
    address.set(host.split('.').map(Number), 4);
    checked(bind(fd, address, address.length), 'bind', `${host}:${port}`);
    checked(listen(fd, BACKLOG), 'listen', `${host}:${port}`);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
