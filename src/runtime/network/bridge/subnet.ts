/** Addresses of a subnet, by number. Pure. */
import { ipFamily } from '../ip-family.ts';

export interface Subnet {
  family: 4 | 6;
  prefixLength: number;
  /** Its lowest address. */
  base: bigint;
  /** Of addresses; the lowest and, of IPv4, the highest are nobody's. */
  size: bigint;
}

/** @param cidr as `10.87.0.0/16` @returns undefined for what is none */
export function parseSubnet(cidr: string): Subnet | undefined {
  const [address = '', length = '', ...more] = cidr.split('/');
  const family = ipFamily(address);
  if (family === undefined || more.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const bits = family === 4 ? 32 : 128;
  const prefixLength = Number(length);
  if (prefixLength > bits) return undefined;
  const size = 1n << BigInt(bits - prefixLength);
  const number = BigInt(`0x${addressBytes(address).toString('hex')}`);
  return { family, prefixLength, base: number - (number % size), size };
}

/** The address of the bridge, which is every pod's way out: the subnet's first. */
export function gatewayOf(subnet: Subnet): string {
  return formatAddress(subnet.base + 1n, subnet.family);
}

/**
 * The subnet's addresses that pods can have, each once, beginning with the one after `last`.
 * @param last undefined, or not of the subnet: beginning with the first
 */
export function* addressesAfter(subnet: Subnet, last: string | undefined): Generator<string> {
  const first = 2n;
  // The highest of an IPv4 subnet is all its hosts.
  const end = subnet.family === 4 ? subnet.size - 1n : subnet.size;
  const known = last === undefined ? undefined : numberIn(subnet, last);
  const start = known === undefined || known < first || known + 1n >= end ? first : known + 1n;
  for (let number = start; number < end; number += 1n)
    yield formatAddress(subnet.base + number, subnet.family);
  for (let number = first; number < start; number += 1n)
    yield formatAddress(subnet.base + number, subnet.family);
}

function numberIn(subnet: Subnet, address: string): bigint | undefined {
  if (ipFamily(address) !== subnet.family) return undefined;
  const number = BigInt(`0x${addressBytes(address).toString('hex')}`) - subnet.base;
  return number >= 0n && number < subnet.size ? number : undefined;
}

/** In network order: 4 or 16 bytes. @param address without a zone */
export function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = Buffer.alloc(16 - 2 * (left.length + right.length));
  return Buffer.concat([groupBytes(left), zeros, groupBytes(right)]);
}

/** The hexadecimal groups; an IPv4 address at the end is two. */
function groups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function groupBytes(numbers: readonly number[]): Buffer {
  return Buffer.from(numbers.flatMap((number) => [number >> 8, number & 0xff]));
}

/** As it is usually written: of IPv6 with the longest run of zeros left out. @see RFC 5952 */
function formatAddress(number: bigint, family: 4 | 6): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 0xffn).join('.');
  const hex = number.toString(16).padStart(32, '0');
  return new URL(`http://[${(hex.match(/.{4}/g) ?? []).join(':')}]`).hostname.slice(1, -1);
}
