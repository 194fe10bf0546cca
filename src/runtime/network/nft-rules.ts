/**
 * The rules of our own network: one table for each bridge, with one masquerade rule for the subnet, and maps of host ports,
 * in which a pod is an element. @see nft(8)
 */
import { ipFamily } from './ip-family.ts';
import type { PortMapping } from '../pod-runtime.ts';

export function tableName(bridge: string): string {
  return `peapod_${bridge.replace(/[^A-Za-z0-9]/g, '_')}`;
}

/** Makes the table with its rules, or brings the rules up to date; what is in the maps stays. One transaction. */
export function baseRules(bridge: string, subnet: string, subnet6: string | undefined): string {
  const table = `inet ${tableName(bridge)}`;
  const chains: Record<string, { type: string; rules: string[] }> = {
    // Nobody in a pod reaches what listens on the node's loopback by way of route_localnet.
    guard: {
      type: 'filter hook prerouting priority raw',
      rules: [`iifname "${bridge}" ip daddr 127.0.0.0/8 drop`],
    },
    prerouting: { type: 'nat hook prerouting priority dstnat', rules: hostPortRules('fib daddr type local') },
    output: { type: 'nat hook output priority -100', rules: hostPortRules('fib daddr type local') },
    postrouting: {
      type: 'nat hook postrouting priority srcnat',
      rules: [
        `ip saddr ${subnet} ip daddr != ${subnet} ip daddr != 224.0.0.0/4 masquerade`,
        ...(subnet6 === undefined
          ? []
          : [`ip6 saddr ${subnet6} ip6 daddr != ${subnet6} ip6 daddr != ff00::/8 masquerade`]),
        // A pod that calls a host port of its own, and the node calling one by 127.0.0.1.
        `ct status dnat ip saddr ${subnet} oifname "${bridge}" masquerade`,
        `ip saddr 127.0.0.0/8 oifname "${bridge}" masquerade`,
      ],
    },
  };
  const lines = [`add table ${table}`];
  for (const protocol of PROTOCOLS) {
    lines.push(
      `add map ${table} ${protocol}_ports { type ipv4_addr . inet_service : ipv4_addr . inet_service; }`,
    );
    lines.push(
      `add map ${table} ${protocol}_ports6 { type ipv6_addr . inet_service : ipv6_addr . inet_service; }`,
    );
    lines.push(`add map ${table} ${protocol}_any { type inet_service : ipv4_addr . inet_service; }`);
    lines.push(`add map ${table} ${protocol}_any6 { type inet_service : ipv6_addr . inet_service; }`);
  }
  for (const [name, { type, rules }] of Object.entries(chains)) {
    lines.push(`add chain ${table} ${name} { type ${type}; }`, `flush chain ${table} ${name}`);
    for (const rule of rules) lines.push(`add rule ${table} ${name} ${rule}`);
  }
  return `${lines.join('\n')}\n`;
}

const PROTOCOLS = ['tcp', 'udp', 'sctp'] as const;

function hostPortRules(condition: string): string[] {
  return PROTOCOLS.flatMap((protocol) => [
    `${condition} dnat ip to ip daddr . ${protocol} dport map @${protocol}_ports`,
    `${condition} dnat ip6 to ip6 daddr . ${protocol} dport map @${protocol}_ports6`,
    `${condition} meta nfproto ipv4 dnat ip to ${protocol} dport map @${protocol}_any`,
    `${condition} meta nfproto ipv6 dnat ip6 to ${protocol} dport map @${protocol}_any6`,
  ]);
}

/** The map and element of each host port, for the pod's addresses. */
export function hostPortElements(
  bridge: string,
  mappings: readonly PortMapping[],
  ips: readonly string[],
): { map: string; element: string; key: string }[] {
  const table = `inet ${tableName(bridge)}`;
  return mappings.flatMap(({ protocol, hostPort, containerPort, hostIp }) => {
    const name = protocol.toLowerCase();
    const anyHost = hostIp === '' || hostIp === '0.0.0.0' || hostIp === '::';
    return ips.flatMap((ip) => {
      const v6 = ipFamily(ip) === 6;
      if (!anyHost && v6 !== (ipFamily(hostIp) === 6)) return [];
      const key = anyHost ? String(hostPort) : `${hostIp} . ${hostPort}`;
      const map = `${name}_${anyHost ? 'any' : 'ports'}${v6 ? '6' : ''}`;
      return [{ map: `${table} ${map}`, key, element: `${key} : ${ip} . ${containerPort}` }];
    });
  });
}
