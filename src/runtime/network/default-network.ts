/** Our own network, used when no CNI configuration is there: one bridge, an address for each pod. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NetworkConfig } from './cni/conflist.ts';

export interface DefaultNetworkOptions {
  bridge: string;
  /** IPv4, e.g. `10.87.0.0/16`. */
  subnet: string;
  /** Where host-local keeps its leases: on a tmpfs, for a reboot ends them all. */
  leases: string;
  /** A second, private IPv6 subnet; absent on hosts without IPv6. */
  subnet6: string | undefined;
}

/** bridge and host-local in one plugin call. Masquerading and host ports are rules of our own: see `nft-rules.ts`. */
export function defaultNetworkConfig({
  bridge,
  subnet,
  leases,
  subnet6,
}: DefaultNetworkOptions): NetworkConfig {
  const ranges = [[{ subnet }], ...(subnet6 === undefined ? [] : [[{ subnet: subnet6 }]])];
  const routes = [{ dst: '0.0.0.0/0' }, ...(subnet6 === undefined ? [] : [{ dst: '::/0' }])];
  const ipam = { type: 'host-local', ranges, routes, dataDir: join(leases) };
  return {
    cniVersion: '1.0.0',
    name: bridge,
    plugins: [{ type: 'bridge', bridge, isGateway: true, hairpinMode: true, ipMasq: false, ipam }],
  };
}

/** A unique local /64, the same each time for the same bridge and IPv4 subnet. @see RFC 4193 */
export function uniqueLocalSubnet(bridge: string, subnet: string): string {
  const hash = createHash('sha256').update(`${bridge} ${subnet}`).digest('hex');
  return `fd${hash.slice(0, 2)}:${hash.slice(2, 6)}:${hash.slice(6, 10)}:${hash.slice(10, 14)}::/64`;
}

export async function hostHasIpv6(): Promise<boolean> {
  const disabled = await readFile('/proc/sys/net/ipv6/conf/all/disable_ipv6', 'utf8').catch(() => '1');
  return disabled.trim() === '0';
}
