import type { Duplex } from 'node:stream';
import { connect as connectTcp, isIP } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { Clock } from '../../model/clock.ts';
import { keepAlive } from '../keep-alive.ts';
import { HEARTBEAT_MS } from '../serve-options.ts';

/** How to reach a server, besides the URL, and how to tell it who asks. */
export interface ConnectOptions {
  clock: Clock;
  headers?: Record<string, string>;
  /** Certificates and the like, for an `https:` URL. */
  tls?: ConnectionOptions;
  /** Makes the connection, instead of the URL's host and port; for `https:` it has to be encrypted already. */
  dial?: () => Duplex;
  /** Ends the connecting, and the session after it. */
  signal?: AbortSignal;
  /** How often the server is asked whether it lives; 30 s unless told. */
  heartbeatMs?: number;
}

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/** Opens the byte stream that a request to this URL goes over. */
export function dial(url: URL, options: ConnectOptions): Duplex {
  const stream = options.dial?.() ?? connect(url, options);
  keepAlive(stream);
  return stream;
}

function connect(url: URL, options: ConnectOptions): Duplex {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'http:') return connectTcp({ host, port: Number(url.port) || HTTP_PORT });
  return connectTls({
    host,
    port: Number(url.port) || HTTPS_PORT,
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: ['http/1.1'],
    ...options.tls,
  });
}

export function heartbeatOf(options: ConnectOptions): { clock: Clock; heartbeatMs: number } {
  return { clock: options.clock, heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS };
}
