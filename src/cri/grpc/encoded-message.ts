import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';

/** A message that is bytes already. */
export class EncodedMessage {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** Of a field whose values have a length. */
const LENGTH_DELIMITED = 2;

/**
 * Makes messages whose only content is a list, at best of things that were in one before: of each object its bytes are made once.
 * @param field the number of the list
 */
export function listEncoder<Item extends object, Schema extends DescMessage>(
  field: number,
  schema: Schema,
  toMessage: (item: Item) => MessageInitShape<Schema>,
): (items: readonly Item[]) => EncodedMessage {
  const known = new WeakMap<Item, Buffer>();
  const encode = (item: Item): Buffer => {
    const bytes = toBinary(schema, create(schema, toMessage(item)));
    return Buffer.concat([varint(field * 8 + LENGTH_DELIMITED), varint(bytes.length), bytes]);
  };
  return (items) =>
    new EncodedMessage(
      Buffer.concat(
        items.map((item) => {
          const bytes = known.get(item) ?? encode(item);
          known.set(item, bytes);
          return bytes;
        }),
      ),
    );
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
