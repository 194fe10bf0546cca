import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { isLoopback } from './endpoints.ts';
import { readTlsCertificates } from './tls-certificates.ts';

const CONNECT_TIMEOUT_MS = 15_000;
/** How long a registry may be silent before the connection counts as lost. */
const SILENCE_TIMEOUT_MS = 60_000;
const MAX_REDIRECTS = 5;
const MAX_TEXT_BYTES = 64 * 1024;

export interface HttpAnswer {
  status: number;
  headers: Dispatcher.ResponseData['headers'];
  body: Dispatcher.ResponseData['body'];
}

export interface HttpClient extends AsyncDisposable {
  /**
   * GET or POST, following redirects. What authorises is shown to no other origin, and https never becomes http on the way.
   * The caller reads the body or dumps it.
   */
  send(
    url: URL,
    options: { headers: Record<string, string>; body?: string; signal?: AbortSignal | undefined },
  ): Promise<HttpAnswer>;
}

/** Connections to one registry and the hosts that it points to. Proxies are taken from the environment. */
export async function openHttpClient(options: {
  host: string;
  insecure: boolean;
  certsDirectories?: readonly string[];
  env: NodeJS.ProcessEnv;
}): Promise<HttpClient> {
  const certificates = await readTlsCertificates(options.host, options.certsDirectories);
  const { ca, ...own } = certificates;
  const connect = {
    timeout: CONNECT_TIMEOUT_MS,
    rejectUnauthorized: !options.insecure,
    ...own,
    ...(ca.length === 0 ? {} : { ca }),
  };
  const agentOptions = { headersTimeout: SILENCE_TIMEOUT_MS, bodyTimeout: SILENCE_TIMEOUT_MS, connect };
  const proxied = usesProxy(options.env) && !isLoopback(options.host);
  const dispatcher = proxied
    ? new EnvHttpProxyAgent({ ...agentOptions, ...proxiesOf(options.env), requestTls: connect })
    : new Agent(agentOptions);
  return {
    send: (url, sendOptions) => follow(dispatcher, url, sendOptions, options.insecure),
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

/** The answer's body as text, as far as that is worth reading. */
export async function readText(answer: HttpAnswer, maxBytes = MAX_TEXT_BYTES): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxBytes) break;
  }
  return text.slice(0, maxBytes);
}

export function headerOf(answer: HttpAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

async function follow(
  dispatcher: Dispatcher,
  start: URL,
  options: { headers: Record<string, string>; body?: string; signal?: AbortSignal | undefined },
  insecure: boolean,
): Promise<HttpAnswer> {
  let url = start;
  let { headers } = options;
  for (let redirects = 0; ; redirects++) {
    const answer = await request(url, {
      dispatcher,
      method: options.body === undefined ? 'GET' : 'POST',
      headers: { 'user-agent': 'peapod', ...headers },
      ...(options.body === undefined ? {} : { body: options.body }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const { statusCode: status, headers: answered, body } = answer;
    const location = answered['location'];
    if (![301, 302, 303, 307, 308].includes(status) || typeof location !== 'string') {
      return { status, headers: answered, body };
    }
    await body.dump();
    const next = new URL(location, url);
    if (redirects === MAX_REDIRECTS) throw new Error(`more than ${MAX_REDIRECTS} redirects`);
    if (
      next.protocol !== 'https:' &&
      (next.protocol !== 'http:' || (url.protocol === 'https:' && !insecure))
    ) {
      throw new Error(`redirect to ${next.protocol}//${next.host}, which is not secure`);
    }
    if (next.origin !== url.origin) {
      if (options.body !== undefined) throw new Error(`redirect of a token request to ${next.host}`);
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));
    }
    url = next;
  }
}

function usesProxy(env: NodeJS.ProcessEnv): boolean {
  const { httpProxy, httpsProxy } = proxiesOf(env);
  return httpProxy !== '' || httpsProxy !== '';
}

function proxiesOf(env: NodeJS.ProcessEnv): { httpProxy: string; httpsProxy: string; noProxy: string } {
  const either = (name: string) => env[name] ?? env[name.toUpperCase()] ?? '';
  return { httpProxy: either('http_proxy'), httpsProxy: either('https_proxy'), noProxy: either('no_proxy') };
}
