/** Listens for requests: TLS with HTTP/2 and HTTP/1.1, and a socket of root's own. */
import { chmodSync, rmSync } from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ApiServer, UpgradeHandler } from '../api-server.ts';
import type { Credentials } from '../user-info.ts';
import { serveHttp2 } from '../http2/serve-http2.ts';

export interface ListenOptions {
  readonly api: ApiServer;
  readonly upgrade: UpgradeHandler;
}

export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  /** Signs client certificates. */
  readonly clientCa: string;
  readonly host: string;
  readonly port: number;
  /** A socket that listens there already, which becomes the server's. */
  readonly fd?: number;
}

export interface Listener extends AsyncDisposable {
  /** Of TLS listeners. */
  readonly port: number;
}

/** A client has this long to send the head of a request, and to finish a TLS handshake. */
const HEAD_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 10_000;
const TOKEN_PROTOCOL = 'base64url.bearer.authorization.k8s.io.';

/** @throws Error of the system, such as EADDRINUSE */
export async function listenTls(
  { api, upgrade }: ListenOptions,
  { cert, key, clientCa, host, port, fd }: TlsOptions,
): Promise<Listener> {
  const server = createSecureServer({
    allowHTTP1: true,
    cert,
    key,
    ca: clientCa,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HEAD_TIMEOUT_MS,
  });
  // For HTTP/1.1, whose options this kind of server does not take. Bodies have their own limit.
  Object.assign(server, {
    headersTimeout: HEAD_TIMEOUT_MS,
    requestTimeout: 0,
    connectionsCheckingInterval: HEAD_TIMEOUT_MS / 2,
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const certificate = peerCertificate(request.socket, request.socket as TLSSocket);
    void api.handle(request, response, credentialsOf(request.headers, certificate));
  });
  // HTTP/2 is ours, HTTP/1.1 is Node.js's.
  const others = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol !== 'h2') {
      for (const serve of others) serve.call(server, socket);
      return;
    }
    socket.setNoDelay();
    const certificate = peerCertificate(socket, socket);
    serveHttp2(socket, (request, response) => {
      void api.handle(request, response, credentialsOf(request.headers, certificate));
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void joinUpgrade(
      { api, upgrade },
      request,
      socket,
      head,
      credentialsOf(request.headers, peerCertificate(socket, socket as TLSSocket)),
    );
  });
  server.on('sessionError', () => {});
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return started(server, () => server.listen(fd === undefined ? { port, host } : { fd }));
}

/** @throws Error of the system */
export async function listenUnix(
  { api, upgrade }: ListenOptions,
  path: string,
  { onConnection = () => {} }: { onConnection?: () => void } = {},
): Promise<Listener> {
  rmSync(path, { force: true });
  const server = createServer({ headersTimeout: HEAD_TIMEOUT_MS, requestTimeout: 0 });
  const local: Credentials = { authorization: '', isLocalRoot: true };
  server.on('connection', onConnection);
  server.on('request', (request, response) => void api.handle(request, response, local));
  server.on('upgrade', (request, socket, head) => {
    void joinUpgrade({ api, upgrade }, request, socket, head, local);
  });
  const umask = process.umask(0o177);
  try {
    const listener = await started(server, () => server.listen(path));
    chmodSync(path, 0o600);
    return listener;
  } finally {
    process.umask(umask);
  }
}

async function started(server: Server | Http2SecureServer, listen: () => void): Promise<Listener> {
  const connections = new Set<Socket>();
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket)).on('error', () => socket.destroy());
  });
  server.on('clientError', (_error: Error, socket: Duplex) => socket.destroy());
  listen();
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

function credentialsOf(headers: IncomingHttpHeaders, certificate: Buffer | undefined): Credentials {
  return {
    authorization: headers.authorization ?? '',
    webSocketToken: webSocketToken(headers['sec-websocket-protocol']),
    clientCertificate: certificate,
    isLocalRoot: false,
  };
}

function webSocketToken(protocols: string | undefined): string | undefined {
  if (protocols === undefined) return undefined;
  const protocol = protocols.split(/\s*,\s*/).find((name) => name.startsWith(TOKEN_PROTOCOL));
  return protocol && Buffer.from(protocol.slice(TOKEN_PROTOCOL.length), 'base64url').toString();
}

/** By connection: it keeps its certificate, and to take that apart costs as much as a small request. */
const certificates = new WeakMap<object, Buffer | 'none'>();

function peerCertificate(connection: object, socket: TLSSocket): Buffer | undefined {
  let known = certificates.get(connection);
  if (known === undefined)
    certificates.set(connection, (known = socket.authorized ? socket.getPeerCertificate().raw : 'none'));
  return known === 'none' ? undefined : known;
}

async function joinUpgrade(
  { api, upgrade }: ListenOptions,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  credentials: Credentials,
): Promise<void> {
  socket.on('error', () => socket.destroy());
  try {
    const call = await api.admitUpgrade(request, credentials);
    await upgrade(call, request, socket, head);
  } catch (error) {
    const failure = api.failure(error);
    const body = JSON.stringify(failure.toStatus());
    const lines = [
      `HTTP/1.1 ${failure.code} ${failure.reason}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ];
    if (!socket.destroyed) socket.end(lines.join('\r\n'));
  }
}
