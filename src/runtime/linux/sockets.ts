/** The C library's calls for sockets that node:net cannot open. @see socket(2), send(2), recv(2) */
import { foreignFunction } from './libc.ts';

export const socket = foreignFunction('int socket(int domain, int type, int protocol)');
export const connect = foreignFunction('int connect(int fd, const uint8_t *address, unsigned int length)');
export const send = foreignFunction('long send(int fd, const uint8_t *data, size_t length, int flags)');
export const recv = foreignFunction('long recv(int fd, _Out_ uint8_t *data, size_t length, int flags)');

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_SEQPACKET = 5;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_SOCKET = 1;

export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
