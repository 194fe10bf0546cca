import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket } from 'ws';
import type { Clock } from '../model/clock.ts';
import type { DialPort } from './forward/join-port.ts';
import { PORT_FORWARD, PORT_FORWARD_TUNNEL } from './forward/port-forward-protocol.ts';
import { readPorts, serveChannelPorts } from './forward/serve-channel-ports.ts';
import { serveSpdyPorts } from './forward/serve-spdy-ports.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { asksFor, listedIn } from './request-protocols.ts';
import { HEARTBEAT_MS, type ServeOptions } from './serve-options.ts';
import { acceptSpdy, SPDY } from './spdy/accept-spdy.ts';
import { acceptWebSocket } from './websocket/accept-web-socket.ts';
import { chooseProtocol, PORT_PROTOCOLS } from './websocket/channel-protocol.ts';

export interface PortForwardOptions {
  clock: Clock;
  /** How often the client is asked whether it lives; 30 s unless told. */
  heartbeatMs?: number;
}

/**
 * Serves port-forwarding on a connection that asks to be upgraded to SPDY/3.1 (`portforward.k8s.io`), to a WebSocket that carries that,
 * or to a WebSocket with channels for the ports of the query. To be called in the turn of the server's `upgrade` event.
 * @param dial called for each connection; when it rejects the client gets the message on that connection's error stream and the others
 *   go on, though kubectl itself ends them all at the first error it is told. The signal aborts when the client gives that connection up
 * @returns when the connection is over
 */
export async function servePortForward(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: PortForwardOptions,
  dial: DialPort,
): Promise<void> {
  const all = { heartbeatMs: HEARTBEAT_MS, ...options };
  if (asksFor(request, 'websocket')) await serveWebSocket(request, socket, head, all, dial);
  else if (asksFor(request, SPDY)) {
    const agreed = acceptSpdy(request, socket, head, [PORT_FORWARD]);
    if (agreed !== undefined) await serveSpdyPorts(socket, all, dial);
  } else refuse(socket, 'unable to upgrade: the connection has to be upgraded to websocket or SPDY/3.1');
}

async function serveWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: ServeOptions,
  dial: DialPort,
): Promise<void> {
  if (listedIn(request, 'sec-websocket-protocol').includes(PORT_FORWARD_TUNNEL)) {
    const protocols = { choose: () => PORT_FORWARD_TUNNEL, supported: [PORT_FORWARD_TUNNEL] };
    await acceptWebSocket(request, socket, head, protocols, (webSocket) =>
      serveSpdyPorts(createWebSocketStream(webSocket), options, dial),
    );
    return;
  }
  const protocol = chooseProtocol(listedIn(request, 'sec-websocket-protocol'), PORT_PROTOCOLS);
  const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const ports = protocol && readPorts(query, protocol);
  if (protocol && !ports) {
    refuse(socket, 'query parameter "ports" has to name at least one port, and only ports');
    return;
  }
  const supported = [PORT_FORWARD_TUNNEL, ...PORT_PROTOCOLS.map(({ name }) => name).filter(Boolean)];
  const serve = (webSocket: WebSocket) =>
    protocol && ports
      ? serveChannelPorts(webSocket, protocol, ports, options, dial)
      : Promise.reject(new Error('bug: accepted without a protocol'));
  await acceptWebSocket(request, socket, head, { choose: () => protocol?.name, supported }, serve);
}

function refuse(socket: Duplex, message: string): void {
  refuseUpgrade(socket, { status: 'Failure', reason: 'BadRequest', code: 400, message });
}
