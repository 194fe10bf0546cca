/** The bridge that all pods of our own network are attached to. @see rtnetlink(7) */
import { PeapodError } from '../../../model/errors.ts';
import { externalStep } from '../../linux/external-step.ts';
import {
  addressHeader,
  attribute,
  decodeAttributes,
  linkHeader,
  type Message,
  MessageFlag,
  MessageType,
  nested,
  text,
} from '../../linux/netlink/message.ts';
import { openRouteSocket, type RouteSocket } from '../../linux/netlink/route-socket.ts';
import { addressBytes, gatewayOf, parseSubnet } from './subnet.ts';

export const AddressFamily = { INET: 2, INET6: 10 } as const;
export const Link = { ADDRESS: 1, NAME: 3, MASTER: 10, PROTINFO: 12, INFO: 18, NAMESPACE_FD: 28 } as const;
export const INFO_KIND = 1;
export const INFO_DATA = 2;
export const IFF_UP = 1;

const LINK_HEADER_BYTES = 16;
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4, FLAGS: 8 } as const;
/** Nobody else can have it: no need to ask around before it is used. */
const IFA_F_NODAD = 2;

/** Makes the bridge, where it is missing, with the first address of each subnet. @returns its number */
export async function ensureBridge(
  host: RouteSocket,
  bridge: string,
  subnets: readonly string[],
): Promise<number> {
  const known = await findBridge(host, bridge);
  const index = known ?? (await makeBridge(host, bridge, subnets));
  // Others may have taken addresses away.
  for (const subnet of subnets) {
    const parsed = parseSubnet(subnet);
    if (parsed === undefined) throw new PeapodError('NetworkError', `"${subnet}" is no subnet`);
    const message = newAddress(index, `${gatewayOf(parsed)}/${parsed.prefixLength}`);
    await externalStep('netlink', `address of ${bridge}`, () => unlessThere(host.request([message])));
  }
  return index;
}

async function makeBridge(host: RouteSocket, bridge: string, subnets: readonly string[]): Promise<number> {
  const [subnet = ''] = subnets;
  const parsed = parseSubnet(subnet);
  const message: Message = {
    type: MessageType.NEWLINK,
    flags: MessageFlag.CREATE | MessageFlag.EXCL,
    payload: Buffer.concat([
      linkHeader({ flags: IFF_UP }),
      text(Link.NAME, bridge),
      // Without one of its own it would have that of the lowest pod's, and pods come and go.
      ...(parsed === undefined ? [] : [attribute(Link.ADDRESS, hardwareAddress(gatewayOf(parsed)))]),
      nested(Link.INFO, [text(INFO_KIND, 'bridge')]),
    ]),
  };
  await externalStep('netlink', `add bridge ${bridge}`, () => unlessThere(host.request([message])));
  const made = await findBridge(host, bridge);
  if (made === undefined)
    throw new PeapodError('NetworkError', `bridge "${bridge}" went as soon as it was made`, {
      retryable: true,
    });
  return made;
}

/** @returns its number, undefined when there is none @throws PeapodError NetworkError when the name is another link's */
async function findBridge(host: RouteSocket, bridge: string): Promise<number | undefined> {
  const link = await findLink(host, bridge);
  if (link?.isBridge === false)
    throw new PeapodError('NetworkError', `"${bridge}" is there already, and is no bridge`);
  return link?.index;
}

async function findLink(
  host: RouteSocket,
  name: string,
): Promise<{ index: number; isBridge: boolean } | undefined> {
  const payload = Buffer.concat([linkHeader({}), text(Link.NAME, name)]);
  const [link] = (await unlessMissing(host.request([{ type: MessageType.GETLINK, payload }]))) ?? [];
  if (link === undefined) return undefined;
  const info = decodeAttributes(link, LINK_HEADER_BYTES).get(Link.INFO);
  const kind = info === undefined ? undefined : decodeAttributes(info, 0).get(INFO_KIND);
  return { index: link.readInt32LE(4), isBridge: kind?.toString('latin1') === 'bridge\0' };
}

/** Gone is fine; another kind of link of this name stays. */
export async function removeBridge(bridge: string): Promise<void> {
  using host = openRouteSocket();
  if ((await findLink(host, bridge))?.isBridge !== true) return;
  await externalStep('netlink', `delete bridge ${bridge}`, () => deleteLink(host, bridge));
}

/** Gone is fine. */
export async function deleteLink(host: RouteSocket, name: string): Promise<void> {
  const payload = Buffer.concat([linkHeader({}), text(Link.NAME, name)]);
  await unlessMissing(host.request([{ type: MessageType.DELLINK, payload }]));
}

/** @param cidr an address with the length of its subnet's prefix, e.g. `10.87.0.1/16` */
export function newAddress(index: number, cidr: string): Message {
  const [address = '', length = ''] = cidr.split('/');
  const isIPv6 = address.includes(':');
  const bytes = addressBytes(address);
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(isIPv6 ? IFA_F_NODAD : 0);
  return {
    type: MessageType.NEWADDR,
    flags: MessageFlag.CREATE | MessageFlag.EXCL,
    payload: Buffer.concat([
      addressHeader(isIPv6 ? AddressFamily.INET6 : AddressFamily.INET, Number(length), index),
      attribute(IFA.LOCAL, bytes),
      attribute(IFA.ADDRESS, bytes),
      attribute(IFA.FLAGS, flags),
      ...(isIPv6 || Number(length) > 30 ? [] : [attribute(IFA.BROADCAST, broadcast(bytes, Number(length)))]),
    ]),
  };
}

/** The highest address of an IPv4 subnet, which all its hosts listen to. */
function broadcast(address: Buffer, prefixLength: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((address.readUInt32BE(0) | (0xffff_ffff >>> prefixLength)) >>> 0);
  return bytes;
}

/**
 * The MAC address that belongs to an IPv4 address (a locally administered one): whoever gets an address that another had is found
 * by those who remember the other. The last four bytes of an IPv6 one do as well.
 */
export function hardwareAddress(address: string): Uint8Array {
  return Uint8Array.of(0x0a, 0x58, ...addressBytes(address).subarray(-4));
}

async function unlessThere(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function unlessMissing<T>(done: Promise<T>): Promise<T | undefined> {
  try {
    return await done;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENODEV') throw error;
    return undefined;
  }
}
