import type { IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { CallOptions } from '../../runtime/pod-runtime.ts';
import { dialError } from './dial.ts';
import type { HttpMessage } from './http-answer.ts';
import type { HttpRequest } from './probe-dialer.ts';
import { hostAndPort } from './run-probe.ts';
import { withTimeout } from './with-timeout.ts';

export interface GetLimits {
  readonly maxBodyBytes: number;
  readonly timeoutMs: number;
  /** What is said when the time is over. */
  readonly late: string;
}

/** One GET over TLS, whoever the server says it is. @throws Error in Go's words */
export function httpsGet(
  url: URL,
  headers: HttpRequest['headers'],
  { maxBodyBytes, timeoutMs, late }: GetLimits,
  { signal }: CallOptions = {},
): Promise<HttpMessage> {
  return withTimeout(timeoutMs, late, signal, async (ended) => {
    const where = hostAndPort(url.hostname.replace(/^\[|\]$/g, ''), Number(url.port || 443));
    const options = {
      method: 'GET',
      agent: false,
      headers: headerMap(headers, url),
      rejectUnauthorized: false,
    };
    const request = requestHttps(url, options);
    const destroy = (): void => void request.destroy();
    ended.addEventListener('abort', destroy, { once: true });
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        request.once('response', resolve);
        request.once('error', (error) => {
          const dialed = 'syscall' in error && error.syscall === 'connect';
          reject(new Error(`${dialed ? `dial tcp ${where}: ` : ''}${dialError(error)}`, { cause: error }));
        });
        request.end();
      });
      const body = await readBody(response, maxBodyBytes);
      return { status: response.statusCode ?? 0, body, location: response.headers.location };
    } finally {
      ended.removeEventListener('abort', destroy);
      request.destroy();
    }
  });
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

/** A `Host` header of the manifest names the virtual host; the connection goes where it goes. */
function headerMap(headers: HttpRequest['headers'], url: URL): Record<string, string | string[]> {
  const map = new Map<string, string[]>([['connection', ['close']]]);
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    if (key === 'host') map.set(key, [value]);
    else map.set(key, [...(map.get(key) ?? []), value]);
  }
  if (!map.has('host')) map.set('host', [url.host]);
  return Object.fromEntries(
    [...map].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  );
}
