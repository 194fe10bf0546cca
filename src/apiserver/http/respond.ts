import { ServerResponse } from 'node:http';
import { once } from 'node:events';
import { stringify } from 'yaml';
import { StatusError } from '../errors/status-error.ts';
import type { Http2Response } from './http2-exchange.ts';

export type Response = ServerResponse | Http2Response;

/** Sends bytes that are a whole answer. */
export function send(response: Response, code: number, contentType: string, body: Buffer): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = code;
  response.setHeader('Content-Type', contentType);
  response.setHeader('Cache-Control', 'no-cache, private');
  response.setHeader('Content-Length', body.length);
  response.end(body);
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
    await once('stream' in response ? response.stream : response, 'drain', { signal });
    return true;
  } catch {
    return false;
  }
}
