import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** The subnets of our own network, the IPv4 one first; on a host with IPv6 also a private one of that. */
export async function ownSubnets(bridge: string, subnet: string): Promise<string[]> {
  return (await hostHasIpv6()) ? [subnet, uniqueLocalSubnet(bridge, subnet)] : [subnet];
}

/** A unique local /64, the same each time for the same bridge and IPv4 subnet. @see RFC 4193 */
function uniqueLocalSubnet(bridge: string, subnet: string): string {
  const hash = createHash('sha256').update(`${bridge} ${subnet}`).digest('hex');
  return `fd${hash.slice(0, 2)}:${hash.slice(2, 6)}:${hash.slice(6, 10)}:${hash.slice(10, 14)}::/64`;
}

async function hostHasIpv6(): Promise<boolean> {
  const disabled = await readFile('/proc/sys/net/ipv6/conf/all/disable_ipv6', 'utf8').catch(() => '1');
  return disabled.trim() === '0';
}
