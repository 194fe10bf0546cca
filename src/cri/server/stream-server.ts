import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../model/clock.ts';
import { PeapodError } from '../../model/errors.ts';
import type { PodRuntime } from '../../runtime/pod-runtime.ts';
import type { CommandStreamOptions } from '../../streaming/command-options.ts';
import { refuseUpgrade } from '../../streaming/refuse-upgrade.ts';
import { servePortForward } from '../../streaming/serve-port-forward.ts';
import { serveRemoteCommand } from '../../streaming/serve-remote-command.ts';

/** What the bearer of a URL may do. */
export type StreamGrant =
  | { verb: 'exec'; containerId: string; command: readonly string[]; streams: CommandStreamOptions }
  | { verb: 'attach'; containerId: string; streams: CommandStreamOptions }
  /** Any port when none is named. */
  | { verb: 'portForward'; sandboxId: string; ports: readonly number[] };

export interface StreamServer extends AsyncDisposable {
  /** @returns a URL that serves once, within a minute @throws PeapodError Unavailable when too many are not used */
  grant(grant: StreamGrant): string;
}

const LIFETIME_MS = 60_000;
const MAX_UNUSED = 1_000;
const TOKEN_BYTES = 24;
const HEAD_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 1_000;

/** Serves streams over SPDY/3.1 and WebSocket on the loopback. Disposing it ends them all. */
export async function openStreamServer(runtime: PodRuntime, clock: Clock): Promise<StreamServer> {
  const grants = new Map<string, { grant: StreamGrant; untilMs: number }>();
  const sockets = new Set<Socket>();
  const server = createServer({ headersTimeout: HEAD_TIMEOUT_MS, requestTimeout: HEAD_TIMEOUT_MS });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('request', (_request, response) => {
    response
      .writeHead(400, { connection: 'close' })
      .end('a stream needs an upgrade to SPDY/3.1 or websocket\n');
  });
  server.on('upgrade', (request, socket, head) => {
    const token = (request.url ?? '').split(/[/?]/)[2] ?? '';
    const known = grants.get(token);
    grants.delete(token);
    if (known === undefined || known.untilMs < clock.now()) return refuse(socket);
    void serve(runtime, clock, known.grant, { request, socket, head });
  });
  const port = await listen(server);
  return {
    grant(grant) {
      const nowMs = clock.now();
      for (const [token, { untilMs }] of grants) if (untilMs < nowMs) grants.delete(token);
      if (grants.size >= MAX_UNUSED)
        throw new PeapodError('Unavailable', `${MAX_UNUSED} streams were asked for and not used yet`, {
          retryable: true,
        });
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      grants.set(token, { grant, untilMs: nowMs + LIFETIME_MS });
      return `http://127.0.0.1:${port}/${grant.verb.toLowerCase()}/${token}`;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

async function serve(
  runtime: PodRuntime,
  clock: Clock,
  grant: StreamGrant,
  { request, socket, head }: Upgrade,
): Promise<void> {
  if (grant.verb === 'portForward') {
    const { sandboxId, ports } = grant;
    // The protocol that names its ports in the query has them from the call that the URL came from.
    if (ports.length > 0) request.url = `/?${ports.map((port) => `ports=${port}`).join('&')}`;
    return servePortForward(request, socket, head, { clock }, (port, options) => {
      if (ports.length === 0 || ports.includes(port)) return runtime.portForward(sandboxId, port, options);
      return Promise.reject(new PeapodError('Forbidden', `port ${port} was not asked for`));
    });
  }
  const { verb, containerId, streams } = grant;
  const { tty, stdin } = streams;
  return serveRemoteCommand(request, socket, head, { ...streams, verb, clock }, (options) =>
    verb === 'exec'
      ? runtime.exec(containerId, { command: grant.command, tty, stdin }, options)
      : runtime.attach(containerId, { tty, stdin }, options),
  );
}

function refuse(socket: Duplex): void {
  const message = 'the URL is unknown, was used before, or is too old';
  refuseUpgrade(socket, { status: 'Failure', reason: 'NotFound', code: 404, message });
}
