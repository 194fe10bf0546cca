import { isIPv4, isIPv6 } from 'node:net';
import { endianness } from 'node:os';
import { foreignFunction } from './libc.ts';
import { AF_INET, AF_INET6 } from './sockets.ts';

const interfaceIndex = foreignFunction('unsigned int if_nametoindex(const char *name)');

const IPV4_BYTES = 16;
const IPV6_BYTES = 28;
const SCOPE_AT = 24;
const GROUPS = 8;

/**
 * The C library's `sockaddr_in` or `sockaddr_in6`.
 * @throws RangeError for what is no IP address, or is of an interface that is not there
 * @see ip(7), ipv6(7)
 */
export function socketAddress(host: string, port: number): { family: number; bytes: Buffer } {
  const bytes = Buffer.alloc(isIPv4(host) ? IPV4_BYTES : IPV6_BYTES);
  const family = isIPv4(host) ? AF_INET : AF_INET6;
  if (endianness() === 'LE') bytes.writeUInt16LE(family, 0);
  else bytes.writeUInt16BE(family, 0);
  bytes.writeUInt16BE(port, 2);
  if (family === AF_INET) bytes.set(host.split('.').map(Number), 4);
  else {
    const [address = '', zone] = host.split('%');
    for (const [index, group] of ipv6Groups(address).entries()) bytes.writeUInt16BE(group, 8 + index * 2);
    if (zone !== undefined) bytes.set(new Uint8Array(Uint32Array.of(scopeOf(zone)).buffer), SCOPE_AT);
  }
  return { family, bytes };
}

function scopeOf(zone: string): number {
  const index: number = /^\d+$/.test(zone) ? Number(zone) : interfaceIndex(zone);
  if (index === 0) throw new RangeError(`no such interface: ${zone}`);
  return index;
}

function ipv6Groups(host: string): number[] {
  if (!isIPv6(host)) throw new RangeError(`not an IP address: ${host}`);
  // One that ends in IPv4's notation comes out in groups too.
  const [head = '', tail] = new URL(`http://[${host}]/`).hostname.slice(1, -1).split('::');
  const groups = (text: string) =>
    text.split(':').flatMap((group) => (group === '' ? [] : [parseInt(group, 16)]));
  if (tail === undefined) return groups(head);
  const [before, after] = [groups(head), groups(tail)];
  return [...before, ...Array<number>(GROUPS - before.length - after.length).fill(0), ...after];
}
