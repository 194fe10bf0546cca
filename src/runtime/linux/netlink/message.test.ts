import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attribute,
  decodeAttributes,
  decodeMessages,
  encodeMessage,
  linkHeader,
  MessageType,
  nested,
  text,
  uint32,
} from './message.ts';

test('a message is its header, in the low byte first, and what it is told', () => {
  const bytes = encodeMessage({ type: MessageType.NEWLINK, flags: 0x600, payload: Buffer.of(1, 2, 3, 4) }, 7);
  assert.equal(bytes.toString('hex'), '1400000010000506070000000000000001020304');
});

test('attributes are padded to four bytes, and found again', () => {
  const payload = Buffer.concat([
    linkHeader({ index: 5, flags: 1 }),
    text(3, 'eth0'),
    nested(18, [text(1, 'veth'), uint32(9, 77)]),
    attribute(1, Buffer.of(1)),
  ]);
  assert.equal(payload.length % 4, 0);
  const found = decodeAttributes(payload, 16);
  assert.deepEqual([...found.keys()], [3, 18, 1]);
  assert.equal(found.get(3)?.toString(), 'eth0\0');
  assert.equal(
    decodeAttributes(found.get(18) ?? Buffer.alloc(0), 0)
      .get(9)
      ?.readUInt32LE(),
    77,
  );
});

test('several answers of one packet are told apart, and why one failed', () => {
  const acknowledgement = (errno: number, sequence: number) => {
    const bytes = encodeMessage({ type: 2, payload: Buffer.alloc(20) }, sequence);
    bytes.writeInt32LE(-errno, 16);
    return bytes;
  };
  const packet = Buffer.concat([acknowledgement(0, 1), acknowledgement(17, 2)]);
  assert.deepEqual(
    decodeMessages(packet).map(({ sequence, errno }) => [sequence, errno]),
    [
      [1, 0],
      [2, 17],
    ],
  );
});

test('what is cut off is refused, never read beyond its end', () => {
  const whole = encodeMessage({ type: MessageType.NEWLINK, payload: text(3, 'eth0') }, 1);
  assert.throws(() => decodeMessages(whole.subarray(0, whole.length - 4)), /cut off/);
  assert.throws(() => decodeAttributes(Buffer.of(40, 0, 3, 0, 1, 2), 0), /cut off/);
  assert.throws(() => decodeMessages(Buffer.alloc(32)), /cut off/);
});
