/** The bytes of a protobuf message, field by field. @see https://protobuf.dev/programming-guides/encoding/ */

export type WireField =
  | { readonly number: number; readonly kind: 'varint'; readonly value: bigint }
  | { readonly number: number; readonly kind: 'fixed64'; readonly value: Buffer }
  | { readonly number: number; readonly kind: 'fixed32'; readonly value: Buffer }
  | { readonly number: number; readonly kind: 'bytes'; readonly value: Buffer };

/** @throws RangeError when the bytes are no message */
export function readFields(bytes: Buffer): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('unexpected end of message');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('a number is too long');
  };
  const take = (length: number): Buffer => {
    if (length < 0 || at + length > bytes.length) throw new RangeError('unexpected end of message');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    if (number === 0) throw new RangeError('there is no field 0');
    switch (tag % 8) {
      case 0:
        fields.push({ number, kind: 'varint', value: varint() });
        break;
      case 1:
        fields.push({ number, kind: 'fixed64', value: take(8) });
        break;
      case 2:
        fields.push({ number, kind: 'bytes', value: take(Number(varint())) });
        break;
      case 5:
        fields.push({ number, kind: 'fixed32', value: take(4) });
        break;
      default:
        throw new RangeError(`unknown wire type ${tag % 8}`);
    }
  }
  return fields;
}
