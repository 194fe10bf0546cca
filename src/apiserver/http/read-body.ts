import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { StatusError } from '../errors/status-error.ts';
import { Http2Request } from '../http2/http2-request.ts';

/** As much as kube-apiserver takes. */
const MAX_BYTES = 3 * 1024 * 1024;
const TIMEOUT_MS = 30_000;
const DISCARDED_BYTES = 16 * 1024 * 1024;
const DISCARD_MS = 5000;

export type Request = IncomingMessage | Http2Request;

/** The body as it comes. */
export function bodyOf(request: Request): Readable {
  return request instanceof Http2Request ? request.body : request;
}

/**
 * The whole body.
 * @throws StatusError RequestEntityTooLarge; Timeout when the client is too slow; BadRequest when it breaks off
 */
export async function readBody(request: Request): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > MAX_BYTES) {
    await discard(bodyOf(request));
    throw tooLarge();
  }
  // Of what is here already nothing is waited for, and no more comes.
  const whole = request instanceof Http2Request ? request.takeWhole() : undefined;
  if (whole !== undefined) return whole;
  return readPieces(bodyOf(request));
}

async function readPieces(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isOver = false;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new StatusError('Timeout', 'the request was not sent in time')),
    TIMEOUT_MS,
  );
  const take = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) reject(tooLarge());
    else chunks.push(chunk);
  };
  const brokenOff = () => {
    if (!isOver) reject(new StatusError('BadRequest', 'the request broke off'));
  };
  // They go with the request: to take them off one by one would cost as much as to read a small body.
  body.on('data', take).on('end', resolve).on('error', brokenOff).on('close', brokenOff);
  try {
    await promise;
    const [only] = chunks;
    return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes);
  } catch (error) {
    // What still comes is not kept.
    body.off('data', take).resume();
    throw error;
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

/** A client that is still sending when the connection ends never reads the answer: what it says is heard out, within bounds. */
async function discard(body: Readable): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, DISCARD_MS);
  let bytes = 0;
  const drop = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARDED_BYTES) resolve();
  };
  body.on('data', drop).on('end', resolve).on('error', resolve).on('close', resolve);
  await promise;
  clearTimeout(timer);
  body.off('data', drop);
}

function tooLarge(): StatusError {
  return new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BYTES}`);
}
