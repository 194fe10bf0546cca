import { request } from 'node:http';
import { PeapodError } from '../../model/errors.ts';
import { type ConnectOptions, heartbeatOf } from '../client/connect-options.ts';
import { dialStream } from '../client/dial-stream.ts';
import { upgradeRefused } from '../client/upgrade-refused.ts';
import { SPDY, STREAM_PROTOCOL_HEADER } from './accept-spdy.ts';
import { SpdyConnection } from './spdy-connection.ts';

/**
 * Opens a SPDY/3.1 connection.
 * @param protocols what may be spoken over it, the best first
 * @throws UpgradeRefused, PeapodError Unavailable, the signal's reason
 */
export function dialSpdy(
  url: URL,
  protocols: readonly string[],
  options: ConnectOptions,
): Promise<{ connection: SpdyConnection; protocol: string }> {
  options.signal?.throwIfAborted();
  // The stream is encrypted already where that is due.
  const upgrade = request({
    createConnection: () => dialStream(url, options),
    method: 'POST',
    path: `${url.pathname}${url.search}`,
    headers: {
      Host: url.host,
      'Content-Length': 0,
      ...options.headers,
      Connection: 'Upgrade',
      Upgrade: SPDY,
      [STREAM_PROTOCOL_HEADER]: [...protocols],
    },
    ...(options.signal && { signal: options.signal }),
  });
  return new Promise((resolve, reject) => {
    upgrade.once('upgrade', (response, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      const connection = new SpdyConnection(socket, { side: 'client', ...heartbeatOf(options) });
      const abort = () => connection.terminate();
      options.signal?.addEventListener('abort', abort, { signal: connection.gone });
      const agreed = response.headers[STREAM_PROTOCOL_HEADER.toLowerCase()];
      resolve({ connection, protocol: typeof agreed === 'string' ? agreed : '' });
    });
    upgrade.once('response', (response) => {
      upgradeRefused(response)
        .then(reject, reject)
        .finally(() => upgrade.destroy());
    });
    upgrade.on('error', (cause) => {
      const message = `cannot open a stream to ${url.host}: ${cause.message}`;
      reject(
        options.signal?.aborted ? cause : new PeapodError('Unavailable', message, { cause, retryable: true }),
      );
    });
    upgrade.end();
  });
}
