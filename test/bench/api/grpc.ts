/** As much of gRPC and protobuf as etcd's Put, Range and Watch need, over Node.js's own HTTP/2: the same client that our API gets. */
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';

export type Field = readonly [number: number, value: string | Buffer | bigint | boolean];

/** More than the number and length of a field take. */
const FIELD_HEAD_BYTES = 20;

/** A protobuf message of these fields. Made in one piece: what the client does for etcd counts as etcd's time. */
export function encode(fields: readonly Field[]): Buffer {
  let most = 0;
  for (const [, value] of fields)
    most += FIELD_HEAD_BYTES + (typeof value === 'string' ? 3 * value.length : sizeOf(value));
  const message = Buffer.allocUnsafe(most);
  let at = 0;
  for (const [number, value] of fields) {
    if (typeof value === 'boolean' || typeof value === 'bigint') {
      at = writeVarint(message, writeVarint(message, at, number << 3), Number(value));
      continue;
    }
    at = writeVarint(message, at, (number << 3) | 2);
    if (typeof value === 'string') {
      at = writeVarint(message, at, Buffer.byteLength(value));
      at += message.write(value, at);
    } else {
      at = writeVarint(message, at, value.length);
      message.set(value, at);
      at += value.length;
    }
  }
  return message.subarray(0, at);
}

function sizeOf(value: Buffer | bigint | boolean): number {
  return typeof value === 'object' ? value.length : 0;
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
  const frame = Buffer.allocUnsafe(5 + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
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

/** @returns where it ends */
function writeVarint(to: Buffer, begin: number, value: number): number {
  let [at, rest] = [begin, value];
  for (; rest > 127; rest = Math.floor(rest / 128)) to[at++] = (rest % 128) | 128;
  to[at++] = rest;
  return at;
}

function readVarint(bytes: Buffer, start: number): { value: number; next: number } {
  let value = 0;
  for (let at = start, factor = 1; ; at += 1, factor *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * factor;
    if (byte < 128) return { value, next: at + 1 };
  }
}
