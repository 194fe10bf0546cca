import { closeSync } from 'node:fs';
import { checked, foreignFunction } from './libc.ts';
import { AF_UNIX, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_DGRAM, socket } from './sockets.ts';

/**
 * Tells the service manager that started this process what it waits for, e.g. `READY=1`. Nothing happens where there is none.
 * @see sd_notify(3)
 */
export function notifySystemd(state: string, env: NodeJS.ProcessEnv = process.env): void {
  const target = env['NOTIFY_SOCKET'] ?? '';
  if (!target.startsWith('/') && !target.startsWith('@')) return;
  const sendto = foreignFunction(
    'long sendto(int fd, const void *data, size_t length, int flags, const void *address, uint32_t addressLength)',
  );
  const fd = checked(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), 'socket');
  try {
    const address = socketAddress(target);
    const data = Buffer.from(state);
    checked(sendto(fd, data, data.length, MSG_NOSIGNAL, address, address.length), 'sendto', target);
  } finally {
    closeSync(fd);
  }
}

/** @see unix(7): `@` stands for the null byte that an abstract name starts with */
export function socketAddress(target: string): Buffer {
  const family = Buffer.alloc(2);
  new Uint16Array(family.buffer, family.byteOffset, 1)[0] = AF_UNIX;
  const path = target.startsWith('@') ? `\0${target.slice(1)}` : `${target}\0`;
  return Buffer.concat([family, Buffer.from(path)]);
}
