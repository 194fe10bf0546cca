import {
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as sendRequest,
  STATUS_CODES,
} from 'node:http';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { dialStream } from './client/dial-stream.ts';
import { joinStreams } from './forward/join-port.ts';
import { keepAlive } from './keep-alive.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';

const CONNECT_TIMEOUT_MS = 30_000;
/** So much a client may send before its answer. */
const EARLY_BYTES = 64 * 1024;

export interface ProxyTarget {
  /** `http:` or `https:`, with the path and query that the target shall see. */
  url: URL;
  /** Replace the client's; `undefined` takes one away. The client's own credentials never reach the target. */
  headers?: Record<string, string | undefined>;
  tls?: ConnectionOptions;
  /** Makes the connection, instead of the URL's host and port; for `https:` it has to be encrypted already. */
  dial?: () => Duplex;
}

/** What tells the target who the client is, which only the one that answers it may know. */
const CREDENTIALS = ['authorization', 'cookie'];
const BEARER_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';

/**
 * Passes a request for an upgrade on to another server, and then all bytes both ways. When the target answers otherwise, the client
 * gets that answer; when it cannot be reached, a 502.
 * @returns when the connection is over; never rejects
 */
export function proxyUpgrade(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  target: ProxyTarget,
): Promise<void> {
  socket.on('error', () => {});
  keepAlive(socket);
  const { url } = target;
  const onward = sendRequest({
    createConnection: () => dialStream(url, target),
    method: request.method ?? 'GET',
    path: `${url.pathname}${url.search}`,
    headers: onwardHeaders(request, target),
    timeout: CONNECT_TIMEOUT_MS,
  });
  const early = new EarlyBytes(socket, () => void onward.destroy());
  return new Promise((resolve) => {
    onward.once('upgrade', (response, remote, remoteHead) => {
      remote.on('error', () => {});
      early.giveBack();
      socket.write(responseHead(response));
      if (head.length > 0) socket.unshift(head);
      if (remoteHead.length > 0) remote.unshift(remoteHead);
      joinStreams(socket, remote).then(resolve, resolve);
    });
    onward.once('response', (response) => {
      socket.write(responseHead(response, { connection: 'close' }));
      response.pipe(socket);
      response.once('close', () => socket.end(resolve));
    });
    onward.once('timeout', () => onward.destroy(new Error('it did not answer in time')));
    onward.once('error', (error) => {
      if (socket.writable && socket.writableLength === 0) {
        const message = `cannot reach ${url.host}: ${error.message}`;
        refuseUpgrade(socket, { status: 'Failure', reason: 'BadGateway', code: 502, message });
      } else socket.destroy();
      resolve();
    });
    onward.end();
  });
}

/** Reads from a client that still waits for its answer, since only so its leaving is seen. What it sends is kept. */
class EarlyBytes {
  readonly #socket: Duplex;
  readonly #leave: () => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(socket: Duplex, leave: () => void) {
    this.#socket = socket;
    this.#leave = leave;
    socket.on('data', this.#keep).once('end', leave).once('close', leave);
  }

  giveBack(): void {
    this.#socket.off('data', this.#keep).off('end', this.#leave).off('close', this.#leave);
    this.#socket.pause();
    if (this.#bytes > 0) this.#socket.unshift(Buffer.concat(this.#chunks));
  }

  readonly #keep = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > EARLY_BYTES) this.#socket.pause();
  };
}

function onwardHeaders(request: IncomingMessage, target: ProxyTarget): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...request.headers, host: target.url.host };
  for (const name of CREDENTIALS) delete headers[name];
  const protocols = request.headers['sec-websocket-protocol'];
  if (protocols !== undefined) {
    headers['sec-websocket-protocol'] = protocols
      .split(',')
      .filter((protocol) => !protocol.trim().startsWith(BEARER_PROTOCOL))
      .join(',');
  }
  for (const [name, value] of Object.entries(target.headers ?? {})) {
    delete headers[name.toLowerCase()];
    if (value !== undefined) headers[name.toLowerCase()] = value;
  }
  return headers;
}

/** The target's status line and headers as they came. Of another answer the body follows until the connection closes. */
function responseHead(response: IncomingMessage, replaced: Record<string, string> = {}): string {
  const code = response.statusCode ?? 502;
  const lines = [`HTTP/1.1 ${code} ${response.statusMessage || (STATUS_CODES[code] ?? '')}`];
  const raw = response.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const isDropped = name.toLowerCase() in replaced || name.toLowerCase() === 'transfer-encoding';
    if (!isDropped) lines.push(`${name}: ${raw[i + 1]}`);
  }
  for (const [name, value] of Object.entries(replaced)) lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}
