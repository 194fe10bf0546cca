import { SocketAddress } from 'node:net';

/** @returns nothing for what is no address, or one with a zone. `isIPv6` of node:net says the same, and takes 5 ms when it is first asked. */
export function ipFamily(address: string): 4 | 6 | undefined {
  const family = address.includes(':') ? 6 : 4;
  try {
    void new SocketAddress({ address, family: `ipv${family}` });
    return address.includes('%') ? undefined : family;
  } catch {
    return undefined;
  }
}
