import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { keepAlive } from '../keep-alive.ts';

export interface StreamTarget {
  tls?: ConnectionOptions;
  dial?: () => Duplex;
}

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

/** Opens the byte stream that a request to this URL goes over. */
export function dialStream(url: URL, options: StreamTarget): Duplex {
  const stream = options.dial?.() ?? connect(url, options);
  keepAlive(stream);
  return stream;
}

function connect(url: URL, options: StreamTarget): Duplex {
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
