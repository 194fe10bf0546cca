import { existsSync, readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { join } from 'node:path';

/** Where the kernel shows the node's network. */
export interface NetworkView {
  readonly interfaces: NodeJS.Dict<readonly NetworkInterfaceInfo[]>;
  /** `/proc/net`, or what stands for it. */
  readonly procNet: string;
  /** `/sys/class/net`, or what stands for it. */
  readonly sysClassNet: string;
}

const RTF_REJECT = 0x200;
const NOWHERE = '0'.repeat(32);

/**
 * The addresses that others reach the node by: one of each family, IPv4 first. What has the default route comes before anything else; a bridge without
 * one is never taken, because it is the pods'. A node without any such address is `127.0.0.1`.
 * @param ownBridge the name of our bridge, which /sys does not tell where it shows another network namespace than ours
 */
export function nodeAddresses(ownBridge: string, view: Partial<NetworkView> = {}): [string, ...string[]] {
  const { interfaces = networkInterfaces(), procNet = '/proc/net', sysClassNet = '/sys/class/net' } = view;
  const chosen: string[] = [];
  for (const family of ['IPv4', 'IPv6'] as const) {
    const leading = family === 'IPv4' ? leadsOut4(procNet) : leadsOut6(procNet);
    const isBridge = (name: string): boolean =>
      name === ownBridge || existsSync(join(sysClassNet, name, 'bridge'));
    const rank = (name: string): number => (leading.includes(name) ? 0 : isBridge(name) ? 2 : 1);
    const [best] = Object.entries(interfaces)
      .flatMap(([name, all = []]) => all.map((one) => ({ ...one, rank: rank(name) })))
      .filter((one) => one.family === family && !one.internal && one.rank < 2)
      .filter(({ address }) => !address.startsWith('fe80:') && !address.startsWith('169.254.'))
      .toSorted((a, b) => a.rank - b.rank);
    if (best !== undefined) chosen.push(best.address);
  }
  const [first = '127.0.0.1', ...others] = chosen;
  return [first, ...others];
}

/** Interfaces with a default route, as `/proc/net/route` shows them: `Iface Destination Gateway Flags RefCnt Use Metric Mask …`, in hexadecimal. */
function leadsOut4(procNet: string): string[] {
  return rowsOf(join(procNet, 'route')).flatMap(([name = '', destination, , flags = '0', , , , mask]) =>
    destination === '00000000' && mask === '00000000' && (Number.parseInt(flags, 16) & RTF_REJECT) === 0
      ? [name]
      : [],
  );
}

/** The same of `/proc/net/ipv6_route`: `destination length source length next-hop metric references uses flags interface`. */
function leadsOut6(procNet: string): string[] {
  return rowsOf(join(procNet, 'ipv6_route')).flatMap(
    ([destination, length, , , , , , , flags = '0', name = '']) =>
      destination === NOWHERE && length === '00' && (Number.parseInt(flags, 16) & RTF_REJECT) === 0
        ? [name]
        : [],
  );
}

/** A kernel without the family has no such file. */
function rowsOf(file: string): string[][] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
}
