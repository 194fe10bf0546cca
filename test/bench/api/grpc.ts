/** As much of gRPC and protobuf as etcd's Put, Range and Watch need, over Node.js's own HTTP/2: the same client that our API gets. */
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';

export type Field = readonly [number: number, value: string | Buffer | bigint | boolean];

/** A protobuf message of these fields. */
export function encode(fields: readonly Field[]): Buffer {
  const parts = fields.map(([number, value]) => {
    if (typeof value === 'boolean') return Buffer.concat([varint(number << 3), varint(value ? 1 : 0)]);
    if (typeof value === 'bigint') return Buffer.concat([varint(number << 3), varint(Number(value))]);
    const bytes = Buffer.from(value);
    return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
  });
  return Buffer.concat(parts);
}

/** The fields of a message; numbers as they are, everything else as bytes. */
export function* decode(bytes: Buffer): Generator<readonly [number: number, value: Buffer | number]> {
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at);
    const value = readVarint(bytes, tag.next);
    if ((tag.value & 7) === 0) {
      yield [tag.value >>> 3, value.value];
      at = value.next;
    } else {
      at = value.next + value.value;
      yield [tag.value >>> 3, bytes.subarray(value.next, at)];
    }
  }
}

/** @throws Error with what the server says when the call fails */
export async function callUnary(
  session: ClientHttp2Session,
  method: string,
  message: Buffer,
): Promise<Buffer> {
  const stream = openCall(session, method);
  stream.end(framed(message));
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  let status = '';
  stream.on('response', (headers) => (status = String(headers['grpc-status'] ?? '')));
  stream.on('trailers', (headers) => (status = String(headers['grpc-status'] ?? '')));
  await new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject));
  if (status !== '0') throw new Error(`${method} failed with status ${status}`);
  return Buffer.concat(chunks).subarray(5);
}

export function openCall(session: ClientHttp2Session, method: string): ClientHttp2Stream {
  return session.request({
    ':method': 'POST',
    ':path': method,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
}

export function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Tells each message of a stream. */
export function onMessages(stream: ClientHttp2Stream, take: (message: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      take(rest.subarray(5, end));
      rest = rest.subarray(end);
    }
  });
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

function readVarint(bytes: Buffer, start: number): { value: number; next: number } {
  let value = 0;
  for (let at = start, factor = 1; ; at += 1, factor *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * factor;
    if (byte < 128) return { value, next: at + 1 };
  }
}
