import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { HttpAnswer, HttpRequest } from '../../../agent/probes/probe-dialer.ts';

const MAX_BODY_BYTES = 10 * 1024;
const MAX_REDIRECTS = 10;

/**
 * Asks once, without checking a certificate, as the kubelet's probes do. Redirects within the host are followed;
 * one that leads to another host is told, not followed.
 * @throws Error when there is no answer in time
 */
export async function getHttp(request: HttpRequest, options: { signal?: AbortSignal }): Promise<HttpAnswer> {
  const deadline = AbortSignal.timeout(request.timeoutMs);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  let current = request;
  for (let redirects = 0; ; redirects += 1) {
    const response = await send(current, signal);
    const status = response.statusCode ?? 0;
    const location = response.headers.location;
    if (status < 300 || status >= 400 || location === undefined)
      return { status, body: await readBody(response) };
    response.destroy();
    const target = new URL(
      location,
      `${current.scheme}://${urlHost(current.host)}:${current.port}${current.path}`,
    );
    if (target.hostname !== urlHost(current.host)) return { status, body: '', redirectedTo: target.href };
    if (redirects === MAX_REDIRECTS) throw new Error(`stopped after ${MAX_REDIRECTS} redirects`);
    const scheme = target.protocol === 'https:' ? 'https' : 'http';
    const port = target.port === '' ? (scheme === 'https' ? 443 : 80) : Number(target.port);
    current = { ...current, scheme, port, path: target.pathname + target.search };
  }
}

async function send(
  { scheme, host, port, path, headers }: HttpRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = {
    host,
    port,
    path,
    method: 'GET',
    agent: false,
    signal,
    headers: headerList(headers, host, port),
  };
  const call =
    scheme === 'https' ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
  call.once('response', resolve);
  call.once('error', reject);
  call.end();
  try {
    return await promise;
  } catch (error) {
    if (signal.aborted && (signal.reason as Error).name === 'TimeoutError') {
      throw new Error(`Get "${scheme}://${urlHost(host)}:${port}${path}": context deadline exceeded`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** A `Host` header that the probe sets replaces ours; a header that it gives twice is sent twice. */
function headerList(headers: HttpRequest['headers'], host: string, port: number): string[] {
  const list = headers.flatMap(({ name, value }) => [name, value]);
  const hasHost = headers.some(({ name }) => name.toLowerCase() === 'host');
  return [...(hasHost ? [] : ['Host', `${urlHost(host)}:${port}`]), ...list, 'Connection', 'close'];
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MAX_BODY_BYTES) break;
  }
  response.destroy();
  return Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8');
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
