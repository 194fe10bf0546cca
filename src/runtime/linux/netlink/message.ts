/** Messages of rtnetlink, in bytes. All machines that we run on put the low byte first. @see netlink(7), rtnetlink(7) */

export const MessageType = {
  NEWLINK: 16,
  DELLINK: 17,
  GETLINK: 18,
  SETLINK: 19,
  NEWADDR: 20,
  NEWROUTE: 24,
} as const;

export const MessageFlag = { REQUEST: 1, ACK: 4, EXCL: 0x200, CREATE: 0x400 } as const;

const NLMSG_ERROR = 2;
const HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;

export interface Message {
  type: number;
  /** Besides REQUEST and ACK. */
  flags?: number;
  /** What the type's own header and attributes are. */
  payload: Uint8Array;
}

/** @param sequence by which its answer is known */
export function encodeMessage({ type, flags = 0, payload }: Message, sequence: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + payload.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(flags | MessageFlag.REQUEST | MessageFlag.ACK, 6);
  bytes.writeUInt32LE(sequence, 8);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** One attribute with the padding that it needs after it. */
export function attribute(type: number, value: Uint8Array): Buffer {
  const length = ATTRIBUTE_HEADER_BYTES + value.length;
  const bytes = Buffer.alloc(aligned(length));
  bytes.writeUInt16LE(length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, ATTRIBUTE_HEADER_BYTES);
  return bytes;
}

export function nested(type: number, parts: readonly Uint8Array[]): Buffer {
  return attribute(type | NESTED, Buffer.concat(parts));
}

export function text(type: number, value: string): Buffer {
  return attribute(type, Buffer.from(`${value}\0`));
}

export function uint32(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return attribute(type, bytes);
}

export function uint8(type: number, value: number): Buffer {
  return attribute(type, Uint8Array.of(value));
}

/** `struct ifinfomsg`. @param link flags: those that it shall have besides what it has */
export function linkHeader(link: { family?: number; index?: number; flags?: number }): Buffer {
  const { family = 0, index = 0, flags = 0 } = link;
  const bytes = Buffer.alloc(16);
  bytes.writeUInt8(family, 0);
  bytes.writeInt32LE(index, 4);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(flags, 12);
  return bytes;
}

/** `struct ifaddrmsg` */
export function addressHeader(family: number, prefixLength: number, index: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.set([family, prefixLength], 0);
  bytes.writeUInt32LE(index, 4);
  return bytes;
}

/** `struct rtmsg` of a route of the main table to anywhere. */
export function defaultRouteHeader(family: number): Buffer {
  const [RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_UNIVERSE, RTN_UNICAST] = [254, 3, 0, 1];
  const bytes = Buffer.alloc(12);
  bytes.set([family, 0, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_UNIVERSE, RTN_UNICAST], 0);
  return bytes;
}

export interface Answer {
  type: number;
  sequence: number;
  /** Of the kernel's acknowledgement: 0, or why not. */
  errno: number | undefined;
  payload: Buffer;
}

/** All messages of one packet. @throws RangeError when it is cut off */
export function decodeMessages(packet: Buffer): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < packet.length; ) {
    const length = packet.readUInt32LE(at);
    if (length < HEADER_BYTES || at + length > packet.length) throw new RangeError('netlink: cut off');
    const type = packet.readUInt16LE(at + 4);
    const payload = packet.subarray(at + HEADER_BYTES, at + length);
    const errno = type === NLMSG_ERROR ? 0 - payload.readInt32LE(0) : undefined;
    answers.push({ type, sequence: packet.readUInt32LE(at + 8), errno, payload });
    at += aligned(length);
  }
  return answers;
}

/** The attributes after a header of so many bytes, by type; of several of a type the last. */
export function decodeAttributes(payload: Buffer, headerBytes: number): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = headerBytes; at + ATTRIBUTE_HEADER_BYTES <= payload.length; ) {
    const length = payload.readUInt16LE(at);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > payload.length)
      throw new RangeError('netlink: cut off');
    found.set(
      payload.readUInt16LE(at + 2) & TYPE_MASK,
      payload.subarray(at + ATTRIBUTE_HEADER_BYTES, at + length),
    );
    at += aligned(length);
  }
  return found;
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}
