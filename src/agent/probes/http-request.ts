import type { CallOptions } from '../../runtime/pod-runtime.ts';
import { dial } from './dial.ts';
import { type HttpMessage, httpAnswer } from './http-answer.ts';
import { httpHead } from './http-head.ts';
import type { ExchangeBytes, HttpAnswer, HttpRequest } from './probe-dialer.ts';
import { hostAndPort } from './run-probe.ts';

const MAX_BODY_BYTES = 10 * 1024;
const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const LATE = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';

/**
 * A GET as the kubelet's probes do it: no certificate is verified, nothing is kept alive, redirects are followed on the same host only, and 10 KiB of
 * the body are read.
 * @throws Error in Go's words
 */
export async function httpRequest(
  request: HttpRequest,
  exchange: ExchangeBytes,
  { signal }: CallOptions = {},
): Promise<HttpAnswer> {
  const deadline = performance.now() + request.timeoutMs;
  let url = new URL(`${request.scheme}://${hostAndPort(request.host, request.port)}`);
  const [path = '/', query = ''] = splitOnce(request.path, '?');
  url.pathname = path;
  url.search = query;
  const original = url.hostname;
  for (let redirects = 0; ; redirects++) {
    const timeoutMs = Math.max(1, deadline - performance.now());
    const { status, location, body } = await get({ ...request, url, timeoutMs }, exchange, signal);
    if (location === undefined || !REDIRECTS.has(status)) return { status, body: body.toString() };
    const next = new URL(location, url);
    if (next.hostname !== original) return { status, body: body.toString(), redirectedTo: next.href };
    if (redirects >= MAX_REDIRECTS) throw new Error(`stopped after ${MAX_REDIRECTS} redirects`);
    url = next;
  }
}

type Get = Pick<HttpRequest, 'headers' | 'timeoutMs' | 'isAwaited'> & { readonly url: URL };

async function get(
  { url, headers, timeoutMs, isAwaited = false }: Get,
  exchange: ExchangeBytes,
  signal: AbortSignal | undefined,
): Promise<HttpMessage> {
  const call = signal === undefined ? {} : { signal };
  const limits = { maxBodyBytes: MAX_BODY_BYTES, timeoutMs, late: LATE };
  // TLS costs a tenth of a second to load: it is when a pod has such a probe.
  if (url.protocol === 'https:') {
    const { httpsGet } = await import('./https-get.ts');
    return httpsGet(url, headers, limits, call);
  }
  let answer: HttpMessage | undefined;
  const heard = await dial(
    {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: Number(url.port || 80),
      request: httpHead(url, headers),
      isEnough: (bytes) => {
        answer = httpAnswer(bytes, { ...limits, hasEnded: false });
        return answer !== undefined;
      },
      timeoutMs,
      isAwaited,
    },
    { exchange, late: LATE },
    call,
  );
  return answer ?? httpAnswer(heard, { ...limits, hasEnded: true }) ?? failNothing();
}

function failNothing(): never {
  throw new Error('unexpected EOF');
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at)];
}
