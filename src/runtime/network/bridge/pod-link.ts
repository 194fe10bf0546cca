/**
 * A pod's link to our own bridge: a pair of veth devices, `eth0` in the pod, and one on the host that is named after the sandbox, so
 * that whoever knows the sandbox can take it away. @see veth(4), rtnetlink(7)
 */
import { closeSync, openSync } from 'node:fs';
import { PeapodError } from '../../../model/errors.ts';
import { externalStep } from '../../linux/external-step.ts';
import {
  attribute,
  decodeAttributes,
  defaultRouteHeader,
  linkHeader,
  type Message,
  MessageFlag,
  MessageType,
  nested,
  text,
  uint32,
  uint8,
} from '../../linux/netlink/message.ts';
import { openRouteSocket, type RouteSocket } from '../../linux/netlink/route-socket.ts';
import {
  AddressFamily,
  deleteLink,
  ensureBridge,
  hardwareAddress,
  IFF_UP,
  INFO_DATA,
  INFO_KIND,
  Link,
  newAddress,
} from './bridge.ts';
import { addressBytes, gatewayOf, parseSubnet } from './subnet.ts';

const INTERFACE = 'eth0';
const VETH_INFO_PEER = 1;
const AF_BRIDGE = 7;
const BRPORT_MODE = 4;
const RTA = { OIF: 4, GATEWAY: 5 } as const;
const LINK_HEADER_BYTES = 16;
/** A link's name has room for 15 bytes. */
const ID_DIGITS = 11;

export interface PodLinkOptions {
  bridge: string;
  subnets: readonly string[];
}

/**
 * Links a network namespace to the bridge, which is made where it is missing.
 * @param addresses the pod's, one of each subnet
 * @throws PeapodError NetworkError
 */
export async function linkPod(
  sandboxId: string,
  netns: string,
  addresses: readonly string[],
  { bridge, subnets }: PodLinkOptions,
): Promise<void> {
  try {
    using host = openRouteSocket();
    const bridgeIndex = await ensureBridge(host, bridge, subnets);
    using pod = openRouteSocket(netns);
    const [first = ''] = addresses;
    await addPair(host, { sandboxId, netns, bridgeIndex, hardware: hardwareAddress(first) });
    await externalStep('netlink', `hairpin of ${sandboxId}`, async () => {
      const index = await indexOf(host, hostLinkName(sandboxId));
      await host.request([hairpin(index)]);
    });
    await externalStep('netlink', `addresses of ${sandboxId}`, async () => {
      const index = await indexOf(pod, INTERFACE);
      await pod.request(configuration(index, addresses, subnets));
    });
  } catch (error) {
    throw networkError(`cannot link the pod to bridge "${bridge}"`, error);
  }
}

/** Gone is fine. @throws PeapodError NetworkError */
export async function unlinkPod(sandboxId: string): Promise<void> {
  try {
    using host = openRouteSocket();
    await externalStep('netlink', `delete link of ${sandboxId}`, () =>
      deleteLink(host, hostLinkName(sandboxId)),
    );
  } catch (error) {
    throw networkError("cannot take away the pod's link", error);
  }
}

/** The host's end. */
export function hostLinkName(sandboxId: string): string {
  return `veth${sandboxId.slice(0, ID_DIGITS)}`;
}

interface Pair {
  sandboxId: string;
  netns: string;
  bridgeIndex: number;
  hardware: Uint8Array;
}

/** One end on the bridge and up, the other in the pod. */
async function addPair(host: RouteSocket, pair: Pair): Promise<void> {
  const namespace = openSync(pair.netns, 'r');
  const add = async () =>
    await externalStep('netlink', `add link of ${pair.sandboxId}`, () =>
      host.request([newPair(pair, namespace)]),
    );
  try {
    try {
      await add();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      // What an attempt that was killed has left.
      await externalStep('netlink', `delete link of ${pair.sandboxId}`, () =>
        deleteLink(host, hostLinkName(pair.sandboxId)),
      );
      await add();
    }
  } finally {
    closeSync(namespace);
  }
}

function newPair({ sandboxId, bridgeIndex, hardware }: Pair, namespace: number): Message {
  const peer = [
    // While the pair is being made it can't be brought up.
    linkHeader({}),
    text(Link.NAME, INTERFACE),
    attribute(Link.ADDRESS, hardware),
    uint32(Link.NAMESPACE_FD, namespace),
  ];
  return {
    type: MessageType.NEWLINK,
    flags: MessageFlag.CREATE | MessageFlag.EXCL,
    payload: Buffer.concat([
      linkHeader({ flags: IFF_UP }),
      text(Link.NAME, hostLinkName(sandboxId)),
      uint32(Link.MASTER, bridgeIndex),
      nested(Link.INFO, [text(INFO_KIND, 'veth'), nested(INFO_DATA, [nested(VETH_INFO_PEER, peer)])]),
    ]),
  };
}

/** Lets a pod reach itself by its host port. */
function hairpin(index: number): Message {
  return {
    type: MessageType.SETLINK,
    payload: Buffer.concat([
      linkHeader({ family: AF_BRIDGE, index }),
      nested(Link.PROTINFO, [uint8(BRPORT_MODE, 1)]),
    ]),
  };
}

function configuration(index: number, addresses: readonly string[], subnets: readonly string[]): Message[] {
  const messages: Message[] = [{ type: MessageType.SETLINK, payload: linkHeader({ index, flags: IFF_UP }) }];
  for (const [number, address] of addresses.entries()) {
    const subnet = parseSubnet(subnets[number] ?? '');
    if (subnet === undefined) continue;
    messages.push(newAddress(index, `${address}/${subnet.prefixLength}`));
    messages.push(newDefaultRoute(index, gatewayOf(subnet)));
  }
  return messages;
}

function newDefaultRoute(index: number, gateway: string): Message {
  const family = gateway.includes(':') ? AddressFamily.INET6 : AddressFamily.INET;
  return {
    type: MessageType.NEWROUTE,
    flags: MessageFlag.CREATE | MessageFlag.EXCL,
    payload: Buffer.concat([
      defaultRouteHeader(family),
      attribute(RTA.GATEWAY, addressBytes(gateway)),
      uint32(RTA.OIF, index),
    ]),
  };
}

async function indexOf(socket: RouteSocket, name: string): Promise<number> {
  const payload = Buffer.concat([linkHeader({}), text(Link.NAME, name)]);
  const [link] = await socket.request([{ type: MessageType.GETLINK, payload }]);
  if (link === undefined || !decodeAttributes(link, LINK_HEADER_BYTES).has(Link.NAME))
    throw new Error(`the kernel does not tell of link ${name}`);
  return link.readInt32LE(4);
}

function networkError(what: string, cause: unknown): Error {
  if (cause instanceof PeapodError) return cause;
  return new PeapodError('NetworkError', `${what}: ${(cause as Error).message}`, { cause, retryable: true });
}
