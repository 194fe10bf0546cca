import { ServerResponse } from 'node:http';
import { once } from 'node:events';
import { stringify } from 'yaml';
import { StatusError } from '../errors/status-error.ts';
import { Http2Response } from '../http2/http2-response.ts';

export type Response = ServerResponse | Http2Response;

/** Sends bytes that are a whole answer. */
export function send(response: Response, code: number, contentType: string, body: Buffer): void {
  sendParts(response, code, contentType, [body]);
}

export function sendParts(
  response: Response,
  code: number,
  contentType: string,
  parts: readonly Buffer[],
): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = code;
  response.setHeader('Content-Type', contentType);
  response.setHeader('Cache-Control', 'no-cache, private');
  response.setHeader(
    'Content-Length',
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  if (response instanceof Http2Response) response.end(parts);
  else response.end(parts.length === 1 ? parts[0] : Buffer.concat(parts));
}

export function sendJson(response: Response, code: number, value: unknown): void {
  send(response, code, 'application/json', Buffer.from(`${JSON.stringify(value)}\n`));
}

export function sendText(response: Response, code: number, text: string): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  send(response, code, 'text/plain; charset=utf-8', Buffer.from(text));
}

/** As YAML 1.1 reads it too: to that, times and `yes` without quotes are no strings. */
export function yamlOf(value: unknown): Buffer {
  return Buffer.from(stringify(value, { version: '1.1' }));
}

export function sendEncoded(
  response: Response,
  code: number,
  encoding: 'json' | 'yaml',
  value: unknown,
): void {
  if (encoding === 'json') sendJson(response, code, value);
  else send(response, code, 'application/yaml', yamlOf(value));
}

/** The failure as a Status; once the answer has begun there is nothing to say but to break it off. */
export function sendStatus(response: Response, error: StatusError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const retryAfter = error.details?.retryAfterSeconds;
  if (retryAfter !== undefined) response.setHeader('Retry-After', String(retryAfter));
  if (error.reason === 'Unauthorized') response.setHeader('WWW-Authenticate', 'Bearer');
  sendJson(response, error.code, error.toStatus());
}

/** A line for the client's eyes. @see RFC 7234, Warning, code 299 */
export function addWarning(response: Response, text: string): void {
  if (response.headersSent) return;
  const quoted = text.replaceAll(/["\\]/g, '\\$&').replaceAll(/[^\x20-\x7e]/g, '?');
  const earlier = response.getHeader('Warning');
  const line = `299 - "${quoted}"`;
  response.setHeader(
    'Warning',
    Array.isArray(earlier) ? [...earlier, line] : earlier === undefined ? line : [String(earlier), line],
  );
}

/** Sends the head of an answer whose body comes bit by bit. */
export function beginStream(response: Response, contentType: string): void {
  response.setHeader('Content-Type', contentType);
  response.setHeader('Cache-Control', 'no-cache, private');
  if (response instanceof ServerResponse) response.writeHead(200).flushHeaders();
  else response.writeHead(200);
}

/** Waits until the client has taken what it was sent. @returns whether it is still there */
export async function writePiece(
  response: Response,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted || response.destroyed) return false;
  if (response.write(bytes)) return true;
  try {
    if (response instanceof Http2Response) await response.drained();
    else await once(response, 'drain', { signal });
    return !signal.aborted && !response.destroyed;
  } catch {
    return false;
  }
}
