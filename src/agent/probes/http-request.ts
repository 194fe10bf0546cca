import type { CallOptions } from '../../runtime/pod-runtime.ts';
import { dial, inGoWords } from './dial.ts';
import { type HttpMessage, httpAnswer } from './http-answer.ts';
import { httpHead } from './http-head.ts';
import type { ExchangeBytes, HttpAnswer, HttpRequest, RepeatExchange } from './probe-dialer.ts';
import type { RepeatedTalk } from './resting-talks.ts';
import { hostAndPort } from './run-probe.ts';

const MAX_BODY_BYTES = 10 * 1024;
const MAX_REDIRECTS = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const LATE = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';

/**
 * A GET as the kubelet's probes do it: no certificate is verified, nothing is kept alive, redirects are followed on the same host only, and 10 KiB of
 * the body are read.
 * @param first what was answered already, when it was asked elsewhere
 * @throws Error in Go's words
 */
export async function httpRequest(
  request: HttpRequest,
  exchange: ExchangeBytes,
  { signal }: CallOptions = {},
  first?: HttpMessage,
): Promise<HttpAnswer> {
  const deadline = performance.now() + request.timeoutMs;
  let url = urlOf(request);
  const original = url.hostname;
  for (let redirects = 0; ; redirects++) {
    const timeoutMs = Math.max(1, deadline - performance.now());
    const known = redirects === 0 ? first : undefined;
    const { status, location, body } = known ?? (await get({ ...request, url, timeoutMs }, exchange, signal));
    if (location === undefined || !REDIRECTS.has(status)) return { status, body: body.toString() };
    const next = new URL(location, url);
    if (next.hostname !== original) return { status, body: body.toString(), redirectedTo: next.href };
    if (redirects >= MAX_REDIRECTS) throw new Error(`stopped after ${MAX_REDIRECTS} redirects`);
    url = next;
  }
}

/**
 * The same to a host that has an address, over HTTP without TLS, again and again. All is well when the answer is what a probe takes for success, and leads
 * nowhere else.
 */
export function repeatedHttpRequest(
  request: HttpRequest,
  { repeat, exchange }: { repeat: RepeatExchange; exchange: ExchangeBytes },
): RepeatedTalk<HttpAnswer> {
  let answer: HttpMessage | undefined;
  const target = httpExchange({ ...request, url: urlOf(request) }, (message) => {
    answer = message;
  });
  const talk = repeat(target);
  return {
    begin: (onEnd) => {
      answer = undefined;
      talk.begin((error, heard) => {
        if (error === undefined && answer !== undefined && isWell(answer)) return onEnd(undefined);
        // Only good as long as this call.
        const whole = answer === undefined ? Buffer.from(heard) : heard;
        const message = answer && { ...answer, body: Buffer.from(answer.body) };
        onEnd(async () => {
          if (error !== undefined) throw inGoWords(error, target, LATE);
          return await httpRequest(request, exchange, {}, message ?? wholeAnswer(whole));
        });
      });
    },
    giveUp: () => talk.giveUp(),
  };
}

function isWell({ status, location }: HttpMessage): boolean {
  return status >= 200 && status < 400 && !(location !== undefined && REDIRECTS.has(status));
}

function urlOf(request: HttpRequest): URL {
  const url = new URL(`${request.scheme}://${hostAndPort(request.host, request.port)}`);
  const [path = '/', query = ''] = splitOnce(request.path, '?');
  url.pathname = path;
  url.search = query;
  return url;
}

type Get = Pick<HttpRequest, 'headers' | 'timeoutMs' | 'isAwaited'> & { readonly url: URL };

async function get(
  request: Get,
  exchange: ExchangeBytes,
  signal: AbortSignal | undefined,
): Promise<HttpMessage> {
  const call = signal === undefined ? {} : { signal };
  const { url, headers, timeoutMs } = request;
  // TLS costs a tenth of a second to load: it is when a pod has such a probe.
  if (url.protocol === 'https:') {
    const { httpsGet } = await import('./https-get.ts');
    return httpsGet(url, headers, { maxBodyBytes: MAX_BODY_BYTES, timeoutMs, late: LATE }, call);
  }
  let answer: HttpMessage | undefined;
  const target = httpExchange(request, (message) => {
    answer = message;
  });
  const heard = await dial(target, { exchange, late: LATE }, call);
  return answer ?? wholeAnswer(heard);
}

/** @param onAnswer called when enough was heard */
function httpExchange(
  { url, headers, timeoutMs, isAwaited = false }: Get,
  onAnswer: (message: HttpMessage) => void,
) {
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 80),
    request: httpHead(url, headers),
    isEnough: (bytes: Buffer) => {
      const answer = httpAnswer(bytes, { maxBodyBytes: MAX_BODY_BYTES, hasEnded: false });
      if (answer !== undefined) onAnswer(answer);
      return answer !== undefined;
    },
    timeoutMs,
    isAwaited,
  };
}

/** Of an answer that goes on to the end. */
function wholeAnswer(heard: Buffer): HttpMessage {
  return httpAnswer(heard, { maxBodyBytes: MAX_BODY_BYTES, hasEnded: true }) ?? failNothing();
}

function failNothing(): never {
  throw new Error('unexpected EOF');
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at)];
}
