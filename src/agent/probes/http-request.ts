import { request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { CallOptions } from '../../runtime/pod-runtime.ts';
import { dialError } from './network-dialer.ts';
import type { HttpAnswer, HttpRequest } from './probe-dialer.ts';
import { hostAndPort } from './run-probe.ts';
import { withTimeout } from './with-timeout.ts';

const MAX_BODY_BYTES = 10 * 1024;
const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * A GET as the kubelet's probes do it: no certificate is verified, nothing is kept alive, redirects are followed on the same host only, and 10 KiB of
 * the body are read.
 * @throws Error in Go's words
 */
export function httpRequest(request: HttpRequest, { signal }: CallOptions = {}): Promise<HttpAnswer> {
  const late = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  return withTimeout(request.timeoutMs, late, signal, async (ended) => {
    let url = new URL(`${request.scheme}://${hostAndPort(request.host, request.port)}`);
    const [path = '/', query = ''] = splitOnce(request.path, '?');
    url.pathname = path;
    url.search = query;
    const original = url.hostname;
    for (let redirects = 0; ; redirects++) {
      const answer = await get(url, request.headers, ended);
      if (answer.location === undefined) return { status: answer.status, body: answer.body };
      const next = new URL(answer.location, url);
      if (next.hostname !== original) {
        return { status: answer.status, body: answer.body, redirectedTo: next.href };
      }
      if (redirects >= MAX_REDIRECTS) throw new Error(`stopped after ${MAX_REDIRECTS} redirects`);
      url = next;
    }
  });
}

interface Got {
  status: number;
  body: string;
  location: string | undefined;
}

async function get(url: URL, headers: HttpRequest['headers'], ended: AbortSignal): Promise<Got> {
  const where = hostAndPort(url.hostname.replace(/^\[|\]$/g, ''), Number(url.port) || defaultPort(url));
  const options = { method: 'GET', agent: false, headers: headerMap(headers, url) };
  const request: ClientRequest =
    url.protocol === 'https:'
      ? requestHttps(url, { ...options, rejectUnauthorized: false })
      : requestHttp(url, options);
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
    const status = response.statusCode ?? 0;
    const body = await readBody(response);
    const location = REDIRECTS.has(status) ? response.headers.location : undefined;
    return { status, body, location };
  } finally {
    ended.removeEventListener('abort', destroy);
    request.destroy();
  }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString();
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

function defaultPort(url: URL): number {
  return url.protocol === 'https:' ? 443 : 80;
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at)];
}
