import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../model/clock.ts';
import type { CommandVerb } from './command/join-command.ts';
import type { CommandStreamOptions } from './command-options.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import type { OpenSession } from './remote-session.ts';
import { asksFor } from './request-protocols.ts';
import { HEARTBEAT_MS } from './serve-options.ts';
import { SPDY } from './spdy/accept-spdy.ts';
import { serveSpdyCommand } from './spdy/serve-spdy-command.ts';
import { serveWebSocketCommand } from './websocket/serve-web-socket-command.ts';

export interface RemoteCommandOptions extends CommandStreamOptions {
  /** `attach` tells the client nothing of the exit code, as Kubernetes does. */
  verb: CommandVerb;
  clock: Clock;
  /** How often the client is asked whether it lives; 30 s unless told. */
  heartbeatMs?: number;
}

/**
 * Serves exec or attach on a connection that asks to be upgraded to WebSocket (`v5.channel.k8s.io` and its forerunners) or SPDY/3.1.
 * To be called in the turn of the server's `upgrade` event.
 * @param open called once the connection stands; when it rejects the client gets the message on its error stream
 * @returns when the connection is over; rejects for nothing that a client or the session does
 */
export async function serveRemoteCommand(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: RemoteCommandOptions,
  open: OpenSession,
): Promise<void> {
  const all = { heartbeatMs: HEARTBEAT_MS, ...options };
  if (!options.stdin && !options.stdout && !options.stderr) {
    const message = 'you must specify at least 1 of stdin, stdout, stderr';
    refuseUpgrade(socket, { status: 'Failure', reason: 'BadRequest', code: 400, message });
  } else if (asksFor(request, 'websocket')) {
    await serveWebSocketCommand(request, socket, head, all, open);
  } else if (asksFor(request, SPDY)) {
    await serveSpdyCommand(request, socket, head, all, open);
  } else {
    const message = 'unable to upgrade: the connection has to be upgraded to websocket or SPDY/3.1';
    refuseUpgrade(socket, { status: 'Failure', reason: 'BadRequest', code: 400, message });
  }
}
