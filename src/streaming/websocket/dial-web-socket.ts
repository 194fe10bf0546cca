import { WebSocket } from 'ws';
import { PeapodError } from '../../model/errors.ts';
import type { ConnectOptions } from '../client/connect-options.ts';
import { dialStream } from '../client/dial-stream.ts';
import { UpgradeRefused, upgradeRefused } from '../client/upgrade-refused.ts';

/** Greatest message that a server may send. */
const MESSAGE_BYTES = 16 * 1024 * 1024;

const PROTOCOL_HEADER = 'sec-websocket-protocol';

/**
 * Opens a WebSocket with one of the subprotocols.
 * @param onOpen called in the turn in which the socket opens, so that no message is missed
 * @throws UpgradeRefused when the server answers otherwise; PeapodError Unavailable when it cannot be reached; the signal's reason
 */
export function dialWebSocket<T>(
  url: URL,
  protocols: readonly string[],
  options: ConnectOptions,
  onOpen: (webSocket: WebSocket, protocol: string) => T,
): Promise<T> {
  options.signal?.throwIfAborted();
  const target = new URL(url);
  target.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  // Kubernetes has a subprotocol whose name is no token, which the library would refuse; so it sees none at all.
  const webSocket = new WebSocket(target, {
    createConnection: () => dialStream(url, options),
    headers: { ...options.headers, [PROTOCOL_HEADER]: protocols.join(', ') },
    maxPayload: MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  const abort = () => webSocket.terminate();
  options.signal?.addEventListener('abort', abort, { once: true });
  webSocket.once('close', () => options.signal?.removeEventListener('abort', abort));
  return new Promise((resolve, reject) => {
    let agreed = '';
    webSocket.once('upgrade', (response) => {
      agreed = response.headers[PROTOCOL_HEADER] ?? '';
      delete response.headers[PROTOCOL_HEADER];
    });
    webSocket.once('open', () => {
      if (protocols.includes(agreed)) resolve(onOpen(webSocket, agreed));
      else {
        webSocket.terminate();
        reject(new UpgradeRefused('Unsupported', `the server speaks none of ${protocols.join(', ')}`, 101));
      }
    });
    webSocket.once('unexpected-response', (_request, response) => {
      upgradeRefused(response)
        .then(reject, reject)
        .finally(() => webSocket.terminate());
    });
    webSocket.on('error', (error) => {
      const reason: unknown = options.signal?.aborted ? options.signal.reason : unreachable(url, error);
      reject(reason instanceof Error ? reason : new Error(String(reason)));
    });
  });
}

function unreachable(url: URL, cause: Error): PeapodError {
  const message = `cannot open a stream to ${url.host}: ${cause.message}`;
  return new PeapodError('Unavailable', message, { cause, retryable: true });
}
