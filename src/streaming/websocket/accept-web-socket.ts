import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { keepAlive } from '../keep-alive.ts';
import { refuseUpgrade, unsupportedProtocols } from '../refuse-upgrade.ts';
import { listedIn } from '../request-protocols.ts';

/** Greatest message that a client may send. */
const MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * Answers a WebSocket handshake. What is no proper one, or offers no protocol of ours, is refused with an HTTP answer.
 * @param choose the subprotocol among those that the client offers; '' for none, nothing to refuse
 * @param onOpen called in the turn in which the socket opens, so that no message is missed
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocols: { choose: (offered: readonly string[]) => string | undefined; supported: readonly string[] },
  onOpen: (webSocket: WebSocket, protocol: string) => Promise<void>,
): Promise<void> {
  const offered = listedIn(request, 'sec-websocket-protocol');
  const chosen = protocols.choose(offered);
  if (chosen === undefined) {
    refuseUpgrade(socket, { ...unsupportedProtocols(offered, protocols.supported), code: 400 });
    return Promise.resolve();
  }
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES,
  });
  // Kubernetes has a subprotocol whose name is no token, which the library would refuse; so it sees none at all.
  delete request.headers['sec-websocket-protocol'];
  server.on('headers', (headers) => {
    if (chosen !== '') headers.push(`Sec-WebSocket-Protocol: ${chosen}`);
  });
  return new Promise((resolve, reject) => {
    socket.once('close', resolve);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off('close', resolve);
      keepAlive(socket);
      // What breaks a connection is told by its closing.
      webSocket.on('error', () => {});
      onOpen(webSocket, chosen).then(resolve, reject);
    });
  });
}
